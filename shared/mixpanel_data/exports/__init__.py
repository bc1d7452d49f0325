"""What reads an export, for whoever stores it: days in portions, lines staged and proven whole, lines made rows.

`portions` hands out days, `reading` fetches and stages the lines of some days and turns them into the relation
`incoming`, and `unmarked` (see `statements`) adds the ids of events that were sent without an insert id.
"""
