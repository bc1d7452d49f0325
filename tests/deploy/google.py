"""Stand-ins, over HTTP, for the Google Cloud APIs that gcloud calls for deploy.sh; `resources` has what it created."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.json_server import json_server

Document = dict[str, Any]
Answer = tuple[int, Document]
APIS = ("CLOUDFUNCTIONS", "RUN", "CLOUDSCHEDULER", "SECRETMANAGER", "SERVICEUSAGE", "CLOUDRESOURCEMANAGER", "BIGQUERY")
_METADATA = {"@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata", "apiVersion": "v2"}
_DONE = {"done": True, "metadata": _METADATA, "response": {}}


class Google:
    """One project's resources by full name, and the queries it got; `strange` has the requests that no API knows."""

    def __init__(self, project: str) -> None:
        self.url = ""
        self.resources: dict[str, Document] = {f"projects/{project}": {"projectId": project, "projectNumber": "1234"}}
        self.policies: dict[str, Document] = {}
        self.uploads: list[bytes] = []
        self.queries: list[Document] = []
        self.strange: list[str] = []

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Status and document, as the API that knows the path says it."""
        parts = urlsplit(target)
        path = re.sub(r"^/v[0-9][a-z0-9]*/", "", parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        for wanted, pattern, respond in _ROUTES:
            found = re.fullmatch(pattern, path)
            if method == wanted and found:
                return respond(self, found[1], query, body)
        self.strange.append(f"{method} {target}")
        return _error(400, f"{method} {target} is not known here")


def _error(status: int, message: str, kind: str = "") -> Answer:
    kinds = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 409: "ALREADY_EXISTS"}
    return status, {"error": {"code": status, "message": message, "status": kind or kinds[status]}}


def _get(google: Google, name: str, _: Document, __: bytes) -> Answer:
    found = google.resources.get(name)
    return (200, found) if found else _error(404, f"Resource '{name}' was not found")


def _list(google: Google, collection: str, _: Document, __: bytes) -> Answer:
    names = [name for name in sorted(google.resources) if name.rpartition("/")[0] == collection]
    return 200, {collection.rpartition("/")[2]: [google.resources[name] for name in names]}


def _delete(google: Google, name: str, _: Document, __: bytes) -> Answer:
    if google.resources.pop(name, None) is None:
        return _error(404, f"Resource '{name}' was not found")
    return 200, {}


def _delete_function(google: Google, name: str, query: Document, body: bytes) -> Answer:
    status, document = _delete(google, name, query, body)
    return (status, document) if status != 200 else _operation(name)


def _version(google: Google, name: str, query: Document, body: bytes) -> Answer:
    """`latest` is the version that was made last, whatever its state."""
    collection, _, version = name.rpartition("/")
    if version != "latest":
        return _get(google, name, query, body)
    _, document = _list(google, collection, query, body)
    return (200, document["versions"][-1]) if document["versions"] else _error(404, f"Secret [{name}] not found")


def _add_version(google: Google, secret: str, query: Document, body: bytes) -> Answer:
    _, document = _list(google, f"{secret}/versions", query, b"")
    name = f"{secret}/versions/{len(document['versions']) + 1}"
    google.resources[name] = {"name": name, "state": "ENABLED", "payload": json.loads(body)["payload"]}
    return 200, {"name": name, "state": "ENABLED", "clientSpecifiedPayloadChecksum": True}


def _access(google: Google, name: str, query: Document, body: bytes) -> Answer:
    status, version = _version(google, name, query, body)
    if status == 200 and version["state"] != "ENABLED":
        return _error(400, f"Secret Version [{name}] is in {version['state']} state.", "FAILED_PRECONDITION")
    return (status, {"name": version["name"], "payload": version["payload"]}) if status == 200 else (status, version)


def _create_function(google: Google, collection: str, query: Document, body: bytes) -> Answer:
    name = f"{collection}/{query['functionId']}"
    if name in google.resources:
        return _error(409, f"Resource '{name}' already exists")
    google.resources[name] = json.loads(body)
    return _update_function(google, name, {}, b"{}")


def _update_function(google: Google, name: str, query: Document, body: bytes) -> Answer:
    """Keeps the fields that the mask does not name, and adds the service's address."""
    google.resources[name] = function = _masked(google.resources[name], json.loads(body), query.get("updateMask", ""))
    short = name.rpartition("/")[2]
    service = name.replace("/functions/", "/services/")
    function |= {"name": name, "state": "ACTIVE", "environment": "GEN_2"}
    function["serviceConfig"] |= {"uri": f"https://{short}-abc-uc.a.run.app", "service": service}
    google.policies.setdefault(service, {"bindings": [], "etag": "BwX="})
    return _operation(name)


def _masked(there: Document, given: Document, mask: str) -> Document:
    result: Document = json.loads(json.dumps(there))
    for path in filter(None, mask.split(",")):
        *parents, last = re.sub("_([a-z])", lambda found: found[1].upper(), path).split(".")
        source, target = given, result
        for step in parents:
            source, target = source.get(step, {}), target.setdefault(step, {})
        if last in source:
            target[last] = source[last]
        else:
            target.pop(last, None)
    return result


def _operation(name: str) -> Answer:
    location = name.split("/functions/")[0]
    return 200, {"name": f"{location}/operations/{name.rpartition('/')[2]}", **_DONE}


def _operations(_: Google, name: str, __: Document, ___: bytes) -> Answer:
    return 200, {"name": name, **_DONE}


def _create_job(google: Google, collection: str, _: Document, body: bytes) -> Answer:
    job = json.loads(body)
    if job["name"] in google.resources:
        return _error(409, f"Job {job['name']} already exists")
    assert job["name"].startswith(collection)
    google.resources[job["name"]] = {**job, "state": "ENABLED"}
    return 200, google.resources[job["name"]]


def _update_job(google: Google, name: str, query: Document, body: bytes) -> Answer:
    if name not in google.resources:
        return _error(404, f"Job {name} not found")
    google.resources[name] = _masked(google.resources[name], json.loads(body), query["updateMask"])
    return 200, google.resources[name]


def _policy(google: Google, service: str, _: Document, __: bytes) -> Answer:
    found = google.policies.get(service)
    return (200, found) if found else _error(404, f"Resource '{service}' was not found")


def _set_policy(google: Google, service: str, _: Document, body: bytes) -> Answer:
    google.policies[service] = json.loads(body)["policy"]
    return 200, google.policies[service]


def _discovery(google: Google, _: str, __: Document, ___: bytes) -> Answer:
    """As much of BigQuery's own description as bq needs to send a query."""
    insert = {
        "id": "bigquery.jobs.insert",
        "httpMethod": "POST",
        "path": "projects/{projectId}/jobs",
        "parameters": {"projectId": {"type": "string", "required": True, "location": "path"}},
        "parameterOrder": ["projectId"],
        "request": {"$ref": "Job"},
        "response": {"$ref": "Job"},
        "supportsMediaUpload": True,
        "mediaUpload": {"accept": ["*/*"], "protocols": {"simple": {"multipart": True, "path": "/upload"}}},
    }
    paths = {"basePath": "/bigquery/v2/", "servicePath": "bigquery/v2/", "batchPath": "batch"}
    place = {"rootUrl": f"{google.url}/", "baseUrl": f"{google.url}/bigquery/v2/", **paths}
    resources = {"jobs": {"methods": {"insert": insert}}}
    schemas = {"Job": {"id": "Job", "type": "object", "properties": {}}}
    return 200, {"name": "bigquery", "version": "v2", **place, "resources": resources, "schemas": schemas}


def _query(google: Google, _: str, __: Document, body: bytes) -> Answer:
    google.queries.append(json.loads(body))
    message = "this BigQuery answers nothing"
    return 400, {"error": {"code": 400, "message": message, "errors": [{"reason": "invalid", "message": message}]}}


def _runtimes(_: Google, __: str, ___: Document, ____: bytes) -> Answer:
    names = ("python311", "python312", "python313")
    return 200, {"runtimes": [{"name": name, "environment": "GEN_2", "stage": "GA"} for name in names]}


def _upload_url(google: Google, location: str, _: Document, __: bytes) -> Answer:
    source = {"bucket": "gcf-v2-uploads", "object": "source.zip"}
    return 200, {"uploadUrl": f"{google.url}/upload/{location}", "storageSource": source}


def _upload(google: Google, _: str, __: Document, body: bytes) -> Answer:
    google.uploads.append(body)
    return 200, {}


def _enabled(_: Google, __: str, ___: Document, ____: bytes) -> Answer:
    return 200, {"state": "ENABLED"}


_LOCATION = r"projects/[^/]+/locations/[^/]+"
_ROUTES: list[tuple[str, str, Callable[[Google, str, Document, bytes], Answer]]] = [
    ("GET", r"(projects/[^/]+)", _get),
    ("GET", r"projects/[^/]+/services/(.+)", _enabled),
    ("GET", r"(projects/[^/]+/secrets/[^/]+/versions/[^/:]+)", _version),
    ("GET", r"(projects/[^/]+/secrets/[^/]+/versions/[^/]+):access", _access),
    ("POST", r"(projects/[^/]+/secrets/[^/]+):addVersion", _add_version),
    ("GET", r"/\$discovery/(rest)", _discovery),
    ("POST", r"/bigquery/v2/projects/([^/]+)/jobs", _query),
    ("GET", rf"({_LOCATION})/runtimes", _runtimes),
    ("POST", rf"({_LOCATION})/functions:generateUploadUrl", _upload_url),
    ("PUT", r"/upload/(.+)", _upload),
    ("GET", rf"({_LOCATION}/functions/[^/]+)", _get),
    ("POST", rf"({_LOCATION}/functions)", _create_function),
    ("PATCH", rf"({_LOCATION}/functions/[^/]+)", _update_function),
    ("DELETE", rf"({_LOCATION}/functions/[^/]+)", _delete_function),
    ("GET", rf"({_LOCATION}/operations/[^/]+)", _operations),
    ("GET", rf"({_LOCATION}/services/[^/]+):getIamPolicy", _policy),
    ("POST", rf"({_LOCATION}/services/[^/]+):setIamPolicy", _set_policy),
    ("GET", rf"({_LOCATION}/jobs)", _list),
    ("POST", rf"({_LOCATION}/jobs)", _create_job),
    ("GET", rf"({_LOCATION}/jobs/[^/]+)", _get),
    ("PATCH", rf"({_LOCATION}/jobs/[^/]+)", _update_job),
    ("DELETE", rf"({_LOCATION}/jobs/[^/]+)", _delete),
]


@contextmanager
def serving(google: Google) -> Iterator[Google]:
    """Answers at `google.url` during a `with`."""
    with json_server(google.answer) as google.url:
        yield google
