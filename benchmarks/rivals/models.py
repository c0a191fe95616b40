"""Double entry as most would write it in Django: rows with a balance, locked, changed and saved."""

from django.db import models


class Wallet(models.Model):
    """A balance."""

    code = models.CharField(max_length=100, unique=True)
    balance = models.BigIntegerField(default=0)


class WalletTransfer(models.Model):
    """A movement between two wallets."""

    key = models.CharField(max_length=200, unique=True)
    reason = models.CharField(max_length=60)
    at = models.DateTimeField()


class WalletEntry(models.Model):
    """One side of a movement."""

    transfer = models.ForeignKey(WalletTransfer, on_delete=models.PROTECT, related_name="entries")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()
