"""The statements of limits, holds and lots that the ORM cannot say. Callers hold the locks of the wallets."""

# The limits of these subjects, and each of their windows that this moment is in. There may be none yet, and two
# where the organisation has changed its time zone.
LIMITS_FIND = """
SELECT limits.id AS limit_id, limits.level, limits.subject_id, limits.period, limits.limit_micro,
       organisation.time_zone, counter.starts_at, counter.used_micro
FROM unnest(%(organisations)s::uuid[], %(levels)s::text[], %(subjects)s::text[])
    AS subject(organisation_id, level, subject_id)
JOIN {limit} AS limits USING (organisation_id, level, subject_id)
JOIN organisations_organisation AS organisation ON organisation.id = limits.organisation_id
LEFT JOIN {window} AS counter
    ON counter.limit_id = limits.id AND counter.starts_at <= %(at)s AND counter.ends_at > %(at)s
"""

# What the holds of one subject, placed in one window, keep: `counted`, of all rows that caps count.
HELD = """
    SELECT sum(held.counted_micro) FROM (
        SELECT hold.counted_micro, hold.project_id, hold.member_id, hold.api_key_id
        FROM billing_hold AS hold
        WHERE hold.organisation_id = limits.organisation_id
            AND hold.placed_at >= span.starts_at AND hold.placed_at < span.ends_at
        UNION ALL
        SELECT extension.counted_micro, hold.project_id, hold.member_id, hold.api_key_id
        FROM billing_holdextension AS extension
        JOIN billing_hold AS hold ON hold.id = extension.hold_id
        WHERE hold.organisation_id = limits.organisation_id
            AND extension.placed_at >= span.starts_at AND extension.placed_at < span.ends_at
    ) AS held
    WHERE CASE limits.level
        WHEN 'organisation' THEN true
        WHEN 'project' THEN held.project_id::text = limits.subject_id
        WHEN 'member' THEN held.member_id::text = limits.subject_id
        WHEN 'key' THEN held.api_key_id::text = limits.subject_id
        ELSE false END
"""

TOPPED_UP = """
    SELECT sum(topup.counted_micro) FROM billing_autotopup AS topup
    WHERE limits.level = 'topup' AND topup.organisation_id = limits.organisation_id
        AND topup.placed_at >= span.starts_at AND topup.placed_at < span.ends_at
"""

SPENT = """
    SELECT sum(usage.amount_micro) FROM billing_usagerecord AS usage
    WHERE usage.organisation_id = limits.organisation_id
        AND usage.settled_at >= span.starts_at AND usage.settled_at < span.ends_at
        AND CASE limits.level
            WHEN 'organisation' THEN true
            WHEN 'project' THEN usage.project_id::text = limits.subject_id
            WHEN 'member' THEN usage.member_id::text = limits.subject_id
            WHEN 'key' THEN usage.api_key_id::text = limits.subject_id
            ELSE false END
"""

# Opens windows. A window that begins after its limit was made begins at 0: whatever is placed in it finds the limit and
# opens it. One that had begun before, or that overlaps an older one (the time zone changed), looks at what was held or
# spent in it. `created_at` is no earlier than any placement that the limit has not seen (LIMIT_BORN), so it does not
# matter in which order acts of about the same time come to the lock.
WINDOWS_OPEN = """
INSERT INTO {window} (limit_id, starts_at, ends_at, used_micro)
SELECT limits.id, span.starts_at, span.ends_at, CASE
    WHEN span.starts_at <= limits.created_at
        OR EXISTS (
            SELECT FROM {window} AS other
            WHERE other.limit_id = limits.id AND other.starts_at < span.ends_at AND other.ends_at > span.starts_at
        )
    THEN {counted} ELSE 0 END
FROM unnest(%(limits)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    AS span(limit_id, starts_at, ends_at)
JOIN {limit} AS limits ON limits.id = span.limit_id
RETURNING limit_id, used_micro
"""

# When a limit was made, for its windows: now, or when something was placed or spent that came to the lock before.
LIMIT_BORN = """
SELECT greatest(%(now)s,
    (SELECT max(placed_at) FROM billing_hold WHERE organisation_id = %(organisation)s),
    (SELECT max(extension.placed_at) FROM billing_holdextension AS extension
        JOIN billing_hold AS hold ON hold.id = extension.hold_id WHERE hold.organisation_id = %(organisation)s),
    (SELECT max(placed_at) FROM billing_autotopup WHERE organisation_id = %(organisation)s),
    (SELECT max(settled_at) FROM billing_usagerecord WHERE organisation_id = %(organisation)s))
"""

# Adds amounts (below 0 too) to every window that counts them: of the limits of these subjects, at those moments.
COUNT = """
WITH change AS (
    SELECT counter.id, sum(spending.micro)::bigint AS micro
    FROM unnest(%(organisations)s::uuid[], %(levels)s::text[], %(subjects)s::text[],
                %(times)s::timestamptz[], %(amounts)s::bigint[])
        AS spending(organisation_id, level, subject_id, at, micro)
    JOIN {limit} AS limits USING (organisation_id, level, subject_id)
    JOIN {window} AS counter
        ON counter.limit_id = limits.id AND counter.starts_at <= spending.at AND counter.ends_at > spending.at
    GROUP BY counter.id
)
UPDATE {window} AS counter SET used_micro = counter.used_micro + change.micro
FROM change WHERE counter.id = change.id
RETURNING counter.limit_id, counter.starts_at, counter.ends_at, counter.used_micro, change.micro
"""

HOLDS_END = """
UPDATE billing_hold AS hold
SET state = %(state)s, ended_at = %(now)s, reason = %(reason)s, counted_micro = ended.counted
FROM unnest(%(ids)s::uuid[], %(counted)s::bigint[]) AS ended(id, counted)
WHERE hold.id = ended.id
"""

SHARES_RELEASE = """
UPDATE billing_holdlot AS share SET released_micro = back.amount
FROM unnest(%(ids)s::bigint[], %(amounts)s::bigint[]) AS back(id, amount)
WHERE share.id = back.id
"""

LOTS_SAVE = """
UPDATE billing_lot AS lot SET remaining_micro = saved.remaining
FROM unnest(%(ids)s::uuid[], %(remaining)s::bigint[]) AS saved(id, remaining)
WHERE lot.id = saved.id
"""
