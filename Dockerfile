# Roomread: the web app and its service. Build: docker build -t roomread .   Run: docs/deploy/container.md

FROM python:3.13-slim-trixie AS build
WORKDIR /build
COPY constraints.txt hatch_assets.py hatch_build.py LICENSE pyproject.toml README.md ./
COPY src ./src
# The detector's weights and the student page's files come into the wheel here (hatch_build.py): the
# running image downloads nothing. It has no pip either, hence `--without-pip` and `--python`.
RUN python -m pip wheel --quiet --no-cache-dir --no-deps --wheel-dir dist . && \
    python -m venv --without-pip /opt/roomread && \
    python -m pip --python /opt/roomread/bin/python install --quiet --no-cache-dir \
      --constraint constraints.txt "$(echo dist/roomread-*.whl)[app,oidc,postgres]"

FROM python:3.13-slim-trixie
COPY --from=build /opt/roomread /opt/roomread
# Where `roomread serve` keeps users, keys and the audit log, and the files of videos, if volumes are
# put there.
RUN install --directory --owner=10001 --group=10001 --mode=700 /data /jobs
# Streamlit asks another host for its own address to print it in a welcome: not here.
ENV PATH=/opt/roomread/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE=true \
    HOME=/tmp \
    PORT=8501
# A number, so that Kubernetes can see that it is not root. It owns nothing; uploads go to /tmp,
# the one place that must be writable.
USER 10001:10001
WORKDIR /tmp
# Declared so that a host that mounts nothing there, or mounts it for root, still lets the user write.
VOLUME /tmp
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/_stcore/health', timeout=4)"]
# The shell only fills in the port that the host gives, and is replaced: signals reach the app.
CMD ["sh", "-c", "exec roomread serve --address 0.0.0.0 --port \"$PORT\" --log-json"]
