"""The query API, `/api/query/…`, and the two calls of the app API that go with it, by plain counting.

`endpoint` answers queries (fault, credentials, plan, quota, result), `app` answers `/api/app/me` and annotations.
`state` has what a test can set, as `mixpanel.queries`; `reading` what every query reads; `counts`, `journeys`, `people`
and `jql` have the queries themselves: functions from the project and the parameters to a JSON value. An answer with
other counts than the export has is a mistake: nothing here shares code with the reports that it is compared with.
"""
