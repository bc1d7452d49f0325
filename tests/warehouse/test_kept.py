"""Relations that BigQuery keeps: a statement is changed only where it would be worked out very often."""

from mixpanel_data.warehouse.bigquery.kept import kept

TABLE = "(SELECT n, 'FROM (, x' AS s FROM a_table UNION ALL SELECT n, \"a ' (\" FROM `a project`.d.t)"


def chain(doublings: int) -> str:
    """Relations of which each reads the one before twice."""
    links = [
        f"r{number} AS (SELECT a.n FROM r{number - 1} AS a JOIN r{number - 1} AS b ON b.n = a.n)"
        for number in range(1, doublings + 1)
    ]
    relations = ", ".join([f"t AS (SELECT n FROM {TABLE} AS t)", "r0 AS (SELECT n FROM t)", *links])
    return f"WITH {relations} SELECT n FROM r{doublings}"


def test_a_statement_that_reads_few_tables_stays_as_it_is() -> None:
    for sql in ("SELECT 1", f"SELECT n FROM {TABLE} AS t", chain(5)):
        assert kept(sql) == sql


def test_in_one_that_reads_many_what_is_read_twice_is_worked_out_once() -> None:
    changed = kept(chain(7))
    assert changed.startswith(f"WITH RECURSIVE t AS (SELECT n FROM {TABLE} AS t), r0 AS ((SELECT n FROM t) UNION ALL")
    for number in range(7):
        assert changed.count(f"UNION ALL SELECT * FROM r{number} WHERE FALSE)") == 1
    assert "FROM r7 WHERE FALSE" not in changed
    assert kept(changed) == changed
