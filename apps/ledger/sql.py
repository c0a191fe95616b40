"""The statements of the books that the ORM cannot say."""

# Locks the rows with a floor in the order of their codes. A row that was waited for is read again by PostgreSQL,
# so the balances are those of now. FOR NO KEY UPDATE leaves foreign-key checks of other transactions alone.
LOCK = """
WITH locked AS (
    SELECT * FROM ledger_account
    WHERE code = ANY(%(codes)s) AND floor IS NOT NULL
    ORDER BY code
    FOR NO KEY UPDATE
)
SELECT * FROM locked
UNION ALL
SELECT * FROM ledger_account WHERE code = ANY(%(codes)s) AND floor IS NULL
"""

# A whole batch in one call; migration 0006 has the function.
POST = """
SELECT * FROM ledger_post(
    %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::text[], %s::text[], %s::text[], %s::jsonb, %s::timestamptz[], %s::bigint[],
    %s::int[], %s::int[], %s::bigint[]
)
"""

# Everything that would be wrong in the books: transfers that do not sum to zero, or have no entries, and accounts
# whose balance is not the sum of their entries.
IMBALANCES = """
SELECT 'transfer' AS kind, transfer.key AS subject,
       'its entries sum to ' || sum(entry.amount) || ' ' || account.currency AS sentence
FROM ledger_entry AS entry
JOIN ledger_transfer AS transfer ON transfer.id = entry.transfer_id
JOIN ledger_account AS account ON account.id = entry.account_id
GROUP BY transfer.id, transfer.key, account.currency
HAVING sum(entry.amount) <> 0
UNION ALL
SELECT 'transfer', transfer.key, 'it has no entries'
FROM ledger_transfer AS transfer
WHERE NOT EXISTS (SELECT FROM ledger_entry AS entry WHERE entry.transfer_id = transfer.id)
UNION ALL
SELECT 'account', account.code,
       'its balance is ' || account.balance || ' but its entries sum to ' || coalesce(sum(entry.amount), 0)
FROM ledger_account AS account
LEFT JOIN ledger_entry AS entry ON entry.account_id = account.id
WHERE account.balance IS NOT NULL
GROUP BY account.id
HAVING account.balance <> coalesce(sum(entry.amount), 0)
ORDER BY 1, 2
"""

# What each account came to on its last day before a day: how many entries, and their sum.
OPENINGS = """
SELECT last.account_id, last.before + last.entries, last.closing
FROM unnest(%(accounts)s::bigint[]) AS wanted(account_id)
CROSS JOIN LATERAL (
    SELECT * FROM ledger_accountdigest AS digest
    WHERE digest.account_id = wanted.account_id AND digest.day_id < %(number)s
    ORDER BY digest.day_id DESC LIMIT 1
) AS last
"""
