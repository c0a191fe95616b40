"""Caps, budgets, extensions of holds, and what reports group usage by."""

import apps.core.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


# Holds from before there were caps count what they keep.
COUNT = """
UPDATE billing_hold AS hold SET counted_micro = CASE hold.state
    WHEN 'open' THEN hold.amount_micro
    WHEN 'settled' THEN (SELECT cost_micro FROM billing_settlement WHERE hold_id = hold.id)
    ELSE 0 END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_document_guards"),
        ("organisations", "0002_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoTopUp",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=120, unique=True)),
                ("amount_micro", models.BigIntegerField()),
                ("counted_micro", models.BigIntegerField()),
                ("placed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("organisation", "Organisation"),
                            ("project", "Project"),
                            ("member", "Member"),
                            ("key", "API key"),
                            ("topup", "Automatic top-ups"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "subject_id",
                    models.CharField(
                        blank=True,
                        help_text="Of the project, person or key; empty for the organisation itself.",
                        max_length=36,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("lifetime", "In all"),
                            ("month", "Each month"),
                            ("week", "Each week"),
                            ("day", "Each day"),
                            ("job", "Each job"),
                        ],
                        max_length=8,
                    ),
                ),
                ("limit_micro", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "marks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(),
                        help_text="Percentages that are told, once in each window.",
                        size=None,
                    ),
                ),
                (
                    "forecast",
                    models.BooleanField(default=True, help_text="Tell when the forecast passes the budget."),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BudgetNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("starts_at", models.DateTimeField(help_text="The window's.")),
                ("mark", models.SmallIntegerField(help_text="Percent; 0 for the forecast.")),
                ("used_micro", models.BigIntegerField()),
                ("forecast_micro", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="BudgetWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("used_micro", models.BigIntegerField(default=0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Cap",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("organisation", "Organisation"),
                            ("project", "Project"),
                            ("member", "Member"),
                            ("key", "API key"),
                            ("topup", "Automatic top-ups"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "subject_id",
                    models.CharField(
                        blank=True,
                        help_text="Of the project, person or key; empty for the organisation itself.",
                        max_length=36,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("lifetime", "In all"),
                            ("month", "Each month"),
                            ("week", "Each week"),
                            ("day", "Each day"),
                            ("job", "Each job"),
                        ],
                        max_length=8,
                    ),
                ),
                ("limit_micro", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CapWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("used_micro", models.BigIntegerField(default=0)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HoldExtension",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(help_text="Names the intent, so that it is done once.", max_length=120)),
                ("network_micro", models.BigIntegerField()),
                ("network_fee_micro", models.BigIntegerField()),
                ("platform_fee_micro", models.BigIntegerField()),
                ("amount_micro", models.BigIntegerField()),
                (
                    "counted_micro",
                    models.BigIntegerField(help_text="What caps count of it in the window of its placement."),
                ),
                ("placed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="UsageAdjustment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("labels", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=200)),
                ("current", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="hold",
            name="api_key",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.apikey",
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="counted_micro",
            field=models.BigIntegerField(
                default=0,
                help_text="What caps count in the window of the placement: the amount without extensions, then what was spent.",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="hold",
            name="dimensions",
            field=models.JSONField(default=dict, help_text="For reports: market, template, labels."),
        ),
        migrations.AddField(
            model_name="hold",
            name="expires_at",
            field=models.DateTimeField(help_text="When to ask whether it was forgotten.", null=True),
        ),
        migrations.AddField(
            model_name="usagerecord",
            name="api_key",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.apikey",
            ),
        ),
        migrations.AddField(
            model_name="usagerecord",
            name="dimensions",
            field=models.JSONField(default=dict, help_text="As they were then: market, template, labels."),
        ),
        migrations.AlterField(
            model_name="hold",
            name="amount_micro",
            field=models.BigIntegerField(help_text="In all, extensions included."),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["organisation", "placed_at"], name="hold_placed"),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["expires_at"], name="hold_forgotten"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("counted_micro__gte", 0),
                    ("counted_micro__lte", models.F("amount_micro")),
                    models.Q(
                        models.Q(("state", "released"), _negated=True), ("counted_micro", 0), _connector="OR"
                    ),
                ),
                name="hold_counted",
            ),
        ),
        migrations.AddField(
            model_name="autotopup",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.organisation",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.organisation",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="people",
            field=models.ManyToManyField(help_text="Who is told.", related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="budgetnotice",
            name="budget",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to="billing.budget",
            ),
        ),
        migrations.AddField(
            model_name="budgetwindow",
            name="limit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="windows",
                to="billing.budget",
            ),
        ),
        migrations.AddField(
            model_name="cap",
            name="organisation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.organisation",
            ),
        ),
        migrations.AddField(
            model_name="capwindow",
            name="limit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="windows",
                to="billing.cap",
            ),
        ),
        migrations.AddField(
            model_name="holdextension",
            name="hold",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="extensions",
                to="billing.hold",
            ),
        ),
        migrations.AddField(
            model_name="usageadjustment",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="usageadjustment",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.project",
            ),
        ),
        migrations.AddField(
            model_name="usageadjustment",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="billing.usagerecord"
            ),
        ),
        migrations.AddIndex(
            model_name="autotopup",
            index=models.Index(fields=["organisation", "placed_at"], name="auto_topup_placed"),
        ),
        migrations.AddConstraint(
            model_name="autotopup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_micro__gt", 0),
                    models.Q(("counted_micro", models.F("amount_micro")), ("counted_micro", 0), _connector="OR"),
                ),
                name="auto_topup_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                fields=("organisation", "level", "subject_id", "period"), name="budget_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_micro__gte", 0)), name="budget_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level__in", ["organisation", "topup"]), ("subject_id", "")),
                    models.Q(
                        ("level__in", ["project", "member", "key"]), models.Q(("subject_id", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="budget_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("period__in", ["lifetime", "month", "week", "day", "job"])),
                name="budget_period_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("period__in", ["day", "week", "month"]), models.Q(("level", "topup"), _negated=True)
                ),
                name="budget_has_window",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetnotice",
            constraint=models.UniqueConstraint(fields=("budget", "starts_at", "mark"), name="budget_notice_once"),
        ),
        migrations.AddConstraint(
            model_name="budgetwindow",
            constraint=models.UniqueConstraint(fields=("limit", "starts_at"), name="budgetwindow_once"),
        ),
        migrations.AddConstraint(
            model_name="budgetwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_micro__gte", 0)), name="budgetwindow_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="budgetwindow_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="cap",
            constraint=models.UniqueConstraint(
                fields=("organisation", "level", "subject_id", "period"), name="cap_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="cap",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_micro__gte", 0)), name="cap_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="cap",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level__in", ["organisation", "topup"]), ("subject_id", "")),
                    models.Q(
                        ("level__in", ["project", "member", "key"]), models.Q(("subject_id", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="cap_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="cap",
            constraint=models.CheckConstraint(
                condition=models.Q(("period__in", ["lifetime", "month", "week", "day", "job"])),
                name="cap_period_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="cap",
            constraint=models.CheckConstraint(
                condition=models.Q(("level", "topup"), ("period", "job"), _negated=True),
                name="cap_topup_has_window",
            ),
        ),
        migrations.AddConstraint(
            model_name="capwindow",
            constraint=models.UniqueConstraint(fields=("limit", "starts_at"), name="capwindow_once"),
        ),
        migrations.AddConstraint(
            model_name="capwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_micro__gte", 0)), name="capwindow_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="capwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="capwindow_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="holdextension",
            constraint=models.UniqueConstraint(fields=("hold", "key"), name="hold_extension_once"),
        ),
        migrations.AddConstraint(
            model_name="holdextension",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_micro",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("network_micro"), "+", models.F("network_fee_micro")
                            ),
                            "+",
                            models.F("platform_fee_micro"),
                        ),
                    ),
                    ("amount_micro__gt", 0),
                    ("network_fee_micro__gte", 0),
                    ("network_micro__gte", 0),
                    ("platform_fee_micro__gte", 0),
                ),
                name="hold_extension_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdextension",
            constraint=models.CheckConstraint(
                condition=models.Q(("counted_micro__gte", 0), ("counted_micro__lte", models.F("amount_micro"))),
                name="hold_extension_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="usageadjustment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True)), fields=("record",), name="usage_adjustment_current_once"
            ),
        ),
    ]
