"""What the sandbox's processes all import, read once: the fork server loads this file (see forks.py).

Third-party parts only, and only such as need no settings: what is ours each process still loads for itself.
"""

import celery.app
import celery.apps.worker
import celery.bin.celery
import celery.worker
import django.contrib.staticfiles
import django.core.management
import django.db.models
import django.template
import django.urls
import httpx
import kombu.transport.redis
import psycopg
import psycopg_pool
import redis
import solana.rpc.async_api
import solders.keypair
import starlette.applications
import stripe
import uvicorn.main
import websockets
import yaml

LOADED = [celery, django, httpx, kombu, psycopg, psycopg_pool, redis, solana, solders, starlette, stripe, uvicorn]
LOADED += [websockets, yaml]
