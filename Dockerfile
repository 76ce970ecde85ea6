# The README's steps: locked dependencies, migrations at start, then the service.
FROM python:3.11-slim

WORKDIR /srv/xindeng
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

COPY locks/run.txt locks/run.txt
RUN pip install --no-cache-dir --require-hashes -r locks/run.txt

COPY pyproject.toml README.md ./
COPY app app
COPY migrations migrations
COPY models models
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --create-home xindeng && mkdir var && chown xindeng var

USER xindeng
ENV XINDENG_DATABASE_URL=sqlite:////srv/xindeng/var/xindeng.db PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/readyz\", timeout=4)"]
CMD ["sh", "-c", "xindeng migrate && exec xindeng serve --host 0.0.0.0 --port $PORT"]
