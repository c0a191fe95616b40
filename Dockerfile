# One image for every process of the platform; compose.yaml says which process runs what.
FROM node:24-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=nosana_web.settings
WORKDIR /app
COPY requirements.txt ./
COPY sdk sdk
RUN pip install --no-cache-dir -r requirements.txt && useradd --system --uid 10001 --home /app nosana
COPY manage.py ./
COPY nosana_web nosana_web
COPY apps apps
COPY templates templates
COPY locale locale
COPY static static
COPY docs docs
COPY --from=assets /app/node_modules node_modules
RUN python -m apps.console.assets && rm -rf node_modules
RUN DJANGO_SECRET_KEY=build python -m apps.core.catalogues compile
RUN NOSANA_ENVIRONMENT=production DJANGO_SECRET_KEY=only-for-collecting-files-and-never-of-a-running-platform JOB_SECRETS_KEYS="{\"1\": \"$(printf '%064d' 0)\"}" \
    python manage.py collectstatic --noinput --verbosity 0
USER nosana
EXPOSE 8000
CMD ["uvicorn", "nosana_web.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "10", \
     "--timeout-keep-alive", "5", "--limit-concurrency", "2000", "--h11-max-incomplete-event-size", "16384", \
     "--no-server-header", "--no-access-log"]
