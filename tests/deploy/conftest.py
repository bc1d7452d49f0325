"""Fixtures for the tests of deploy.sh."""

from pathlib import Path

import pytest

from deploy.project import SECRET, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project, with a cloud that holds only the two secrets."""
    return Project.made_in(tmp_path)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with everything deployed, for tests that only read it."""
    project = Project.made_in(tmp_path_factory.mktemp("deployed"))
    done = project.deploy(MIXPANEL_SERVICE_ACCOUNT_SECRET=SECRET, SLACK_WEBHOOK_URL="https://hooks.slack.com/x")
    (project.folder / "printed").write_text(done.out)
    return project


@pytest.fixture
def twin(deployed: Project, project: Project) -> Project:
    """Another project, with the same resources in its cloud."""
    project.keep(deployed.state)
    return project
