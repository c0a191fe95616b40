"""The tests' database as the migrations left it, again after each test that committed.

Django truncates every table and then makes content types and rights anew, which takes longer than most tests do, and
leaves what migrations wrote away: a test that reads it would pass or fail by what ran before it in its process.
"""

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

# Emptied are the tables that hold anything; those the migrations filled get their rows back where they changed. Guards
# and foreign keys, which are triggers, keep still for it.
MAKE = """
CREATE SCHEMA kept;
DO $do$ DECLARE name name; filled boolean; BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
    EXECUTE format('SELECT EXISTS (TABLE public.%I)', name) INTO filled;
    IF filled THEN EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name); END IF;
  END LOOP;
END $do$;
CREATE FUNCTION kept.take_back() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $do$
DECLARE name name; filled boolean; same boolean; BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
    IF to_regclass(format('kept.%I', name)) IS NOT NULL THEN
      EXECUTE format('SELECT (SELECT sum(hashtextextended(r::text, 0)) FROM public.%1$I r)
        IS NOT DISTINCT FROM (SELECT sum(hashtextextended(r::text, 0)) FROM kept.%1$I r)', name) INTO same;
      IF NOT same THEN
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE kept.%1$I', name);
      END IF;
    ELSE
      EXECUTE format('SELECT EXISTS (TABLE public.%I)', name) INTO filled;
      IF filled THEN EXECUTE format('DELETE FROM public.%I', name); END IF;
    END IF;
  END LOOP;
END $do$;
"""


def keep() -> None:
    """Remember what stands in the database now, and come back to it after every test that commits."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE")
        cursor.execute(MAKE)
    TransactionTestCase._fixture_teardown = _take_back  # type: ignore[method-assign]


def _take_back(_self: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kept.take_back()")
