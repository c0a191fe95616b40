"""Jobs to look at beyond the plain states: stopped, parked, and one with a telling log, notes and results."""

import json
from datetime import timedelta

from django.utils import timezone

from apps.bridge import sentences as chain
from apps.jobs import services
from apps.jobs.models import Job, Market
from apps.organisations.models import Membership
from apps.organisations.services import Actor
from tests.console.scene import job_finish, job_list, job_log, job_make, job_run

DEFINITION = {
    "version": "0.1",
    "type": "container",
    "meta": {"trigger": "console"},
    "ops": [
        {
            "type": "container/run",
            "id": "serve",
            "args": {
                "image": "docker.io/vllm/vllm-openai:v0.11.0",
                "cmd": ["--model", "Qwen/Qwen3-8B", "--port", "8000"],
                "gpu": True,
                "env": {"HF_HUB_OFFLINE": "0", "VLLM_API_KEY": "not-for-the-page"},
                "expose": [8000],
            },
        }
    ],
}
TALK = [
    "\x1b[36mINFO\x1b[0m 11-26 09:14:02 loading weights of \x1b[1mQwen/Qwen3-8B\x1b[0m",
    "\x1b[33mWARNING\x1b[0m 11-26 09:14:05 flash attention is not available, falling back to SDPA",
    "Loading safetensors checkpoint shards:  25%\rLoading safetensors checkpoint shards: 100%",
    "\x1b[32mINFO\x1b[0m 11-26 09:14:31 model loaded in 26.1 s, 15.3 GB of video memory",
    "\x1b[31mERROR\x1b[0m 11-26 09:14:40 request 17 was longer than the context of 8192 tokens and was refused",
    "INFO 11-26 09:14:41 a very long line that shows how wrapping looks: " + "tokens per second 41.7, " * 12,
]


def jobs_make(membership: Membership) -> dict[str, Job]:
    """Make one job of each kind; return them by what they show."""
    market = Market.objects.get(slug="nvidia-3060")
    now = timezone.now()
    made: dict[str, Job] = {}
    made["stopped"] = job = job_make(membership, market, name="Sweep, learning rate 3e-4", timeout_s=1800)
    job_list(job, now - timedelta(minutes=9))
    services.job_stop(membership=membership, job=job, now=now - timedelta(minutes=8))
    assert job.attempt
    services.attempt_refund(
        attempt_id=job.attempt.pk, signature="5" * 87, slot=4300, now=now - timedelta(minutes=8)
    )
    made["parked"] = job = job_make(membership, market, name="Batch of 12,000 images", timeout_s=3600)
    job_list(job, now - timedelta(minutes=31))
    job_run(job, now - timedelta(minutes=30))
    assert job.attempt
    services.attempt_park(attempt_id=job.attempt.pk, why=chain.GONE, now=now - timedelta(minutes=2))
    made["talking"] = job = talking(membership, Market.objects.get(slug="nvidia-4090"))
    made["results"] = failing(membership, market)
    return {name: Job.objects.select_related("attempt").get(pk=job.pk) for name, job in made.items()}


def talking(membership: Membership, market: Market) -> Job:
    """Make a running job with colours, figures, a service and notes."""
    now, actor = timezone.now(), Actor.person(membership.user)
    job = job_make(membership, market, name="Qwen3-8B for the demo", definition=DEFINITION, timeout_s=7200)
    job_list(job, now - timedelta(minutes=21))
    job_run(job, now - timedelta(minutes=20))
    figures = [
        json.dumps(
            {"metrics": {"gpu_percent": 40 + n * 7 % 55, "vram_mb": 15_300 + n * 12, "cpu_percent": n * 5 % 90}}
        )
        for n in range(40)
    ]
    job_log(job, [*TALK, *figures, *TALK], now=now - timedelta(minutes=19))
    for key, text in (("a", "Serves the demo on Thursday; please leave it running."), ("b", "Costs fine so far.")):
        services.note_add(membership=membership, job=job, text=text, key=key, actor=actor, now=now)
    return job


def failing(membership: Membership, market: Market) -> Job:
    """Make a job whose program failed: a traceback, an exit code, and what it left."""
    began = timezone.now() - timedelta(hours=2)
    job = job_make(membership, market, name="Fine-tune, run 8", timeout_s=1800)
    job_list(job, began)
    job_run(job, began)
    log = [f"step {n}: loss {3.2 - n / 40:.3f}" for n in range(60)]
    log += [
        "Traceback (most recent call last):",
        '  File "train.py", line 88, in step',
        "CUDA out of memory: tried 2.5 GB",
    ]
    job_log(job, log, now=began)
    job_finish(job, started=began, ended=began + timedelta(seconds=754))
    op = {"operationId": "train", "status": "failed", "exitCode": 137, "startTime": 1_000, "endTime": 755_000}
    result = {"status": "failed", "opStates": [{**op, "results": {"loss": ["1.702", "1.695"], "checkpoint": []}}]}
    Job.objects.filter(pk=job.pk).update(result=result)
    return job
