# `mp` for runs that take longer than a function may: as a Cloud Run job, or on a machine. docs/scale.md shows how.
#
#   docker build --platform linux/amd64 --tag mp .
#
# requirements.lock has the versions, for the Python below and for this platform only.
FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_PYTHON=/opt/mp/bin/python PIP_ROOT_USER_ACTION=ignore
RUN python -m venv --without-pip /opt/mp
WORKDIR /project
# Before the code, so that a change of the code does not install them again.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml setup.py README.md LICENSE ./
COPY config ./config
COPY functions ./functions
COPY shared ./shared
# setuptools is in the lock for this step alone.
RUN pip install --no-deps --no-build-isolation . && pip uninstall --yes setuptools

FROM python:3.13-slim-trixie
COPY --from=build /opt/mp /opt/mp
ENV PATH=/opt/mp/bin:$PATH
RUN useradd --uid 10001 --create-home mp
USER 10001
WORKDIR /home/mp
COPY config ./config
ENTRYPOINT ["mp"]
CMD ["--help"]
