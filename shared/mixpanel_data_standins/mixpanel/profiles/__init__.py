"""The users' profiles (`profiles`), and `POST /engage`, which updates them (`engage`)."""
