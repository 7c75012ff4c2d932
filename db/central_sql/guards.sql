-- Who may do what in central on PostgreSQL. Run by the migration with {desk} = desk, and by `central check` with
-- another name in a transaction that is taken back, to see what it should look like here.
--
-- A terminal's login is named rd_<its id>. It sees the views of this schema, which carry the names of the tables, and
-- writes through the functions alone. A login is who somebody is; a setting would be what they say they are.

-- For ever the same, whatever else changes, so that a terminal of any version gets rid of its log: the functions me,
-- submit, report_loss, enrol_log; the views alembic_version, meta, log, log_head, inbox with these columns
-- (tests/services/test_other_versions.py).

CREATE SCHEMA {desk};
GRANT USAGE ON SCHEMA {desk} TO rightsdesk_terminal;

CREATE FUNCTION {desk}.me() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id::text FROM public.terminal WHERE 'rd_' || id = session_user AND NOT revoked
$$;

-- ── what a terminal sees ────────────────────────────────────────────────────────────────────────────────────────

CREATE VIEW {desk}.alembic_version WITH (security_barrier) AS SELECT version_num FROM public.alembic_version;
CREATE VIEW {desk}.meta WITH (security_barrier) AS
    SELECT key, value FROM public.meta
    -- In words that a dump gives back as they are: `central check` compares them after a restore too.
    WHERE key::text = ANY ('{{deployment,deployment-key,deployment-key-proof,cosigner-key,rev,feed,halt}}'::text[])
        AND {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.log WITH (security_barrier) AS
    SELECT id, owner, kind, public_key, next_key, origin, enrolled_at, problem
    FROM public.log WHERE owner = {desk}.me();
CREATE VIEW {desk}.log_head WITH (security_barrier) AS
    SELECT h.log, h.size, h.frontier, h.checkpoint, h.receipt, h.key
    FROM public.log_head h JOIN public.log l ON l.id = h.log WHERE l.owner = {desk}.me();
CREATE VIEW {desk}.inbox WITH (security_barrier) AS
    SELECT i.id, i.log, i.start, i.count FROM public.inbox i JOIN public.log l ON l.id = i.log
    WHERE l.owner = {desk}.me();
-- The next two show all rows or none, so that there is nothing to leak past a barrier; and with one the server sorts the
-- whole table where a terminal asks for the last row or the next page, as each does every second.
CREATE VIEW {desk}.case_ AS
    SELECT id, controller, body, rev, rights, person, state, who, tier, due, is_open, acknowledged, breach, approval,
        conflicts, on_hold, hard, paused, wakes
    FROM public.case_ WHERE {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.accepted AS SELECT pos, accepted_at FROM public.entry WHERE {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.entry WITH (security_barrier) AS
    SELECT pos, log, seq, case_id, accepted_at, body FROM public.entry
    WHERE case_id IS NOT NULL AND {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.stale WITH (security_barrier) AS
    SELECT log, seq FROM public.stale WHERE {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.progress WITH (security_barrier) AS
    SELECT case_id, item, system, state, done, reason, until FROM public.progress WHERE {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.agent WITH (security_barrier) AS
    SELECT id, name, roles, disabled, pin_rev FROM public.agent WHERE {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.controller WITH (security_barrier) AS
    SELECT key, body FROM public.controller WHERE {desk}.me() IS NOT NULL;
-- Without the files: a terminal shows what a catalog says and reaches no system.
CREATE VIEW {desk}.catalog_version WITH (security_barrier) AS
    SELECT controller, number, digest, head, shown FROM public.catalog_version WHERE {desk}.me() IS NOT NULL;
CREATE VIEW {desk}.ask WITH (security_barrier) AS
    SELECT id, terminal, stage, reply FROM public.ask WHERE terminal = {desk}.me();
CREATE VIEW {desk}.terminal WITH (security_barrier) AS
    SELECT id, kind, seen_at, pid FROM public.terminal
    WHERE (kind = 'worker' OR id = {desk}.me()) AND {desk}.me() IS NOT NULL;
GRANT SELECT ON ALL TABLES IN SCHEMA {desk} TO rightsdesk_terminal;

-- ── what a terminal may do ──────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION {desk}.now_us() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
$$;

-- Hand in entries from `start`. Answers where central stands, and whether they were taken.
CREATE FUNCTION {desk}.submit(
    _log text, _start bigint, _count int, _entries bytea, _details bytea, _checkpoint text,
    OUT taken boolean, OUT holds bigint, OUT problem text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT h.size, l.problem INTO holds, problem FROM public.log_head h JOIN public.log l ON l.id = h.log
        WHERE h.log = _log AND l.owner = {desk}.me() FOR UPDATE OF h;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'this log is not yours';
    END IF;
    SELECT holds + coalesce(sum(i.count), 0) INTO holds FROM public.inbox i WHERE i.log = _log;
    taken := problem = '' AND holds = _start AND _count BETWEEN 1 AND 2048
        AND octet_length(_entries) <= 68000000 AND octet_length(_details) <= 68000000;
    IF taken THEN
        INSERT INTO public.inbox (log, start, count, entries, details, checkpoint, received_at)
        VALUES (_log, _start, _count, _entries, _details, _checkpoint, {desk}.now_us());
    END IF;
END $$;

-- Claim a case for an agent; the new fence, 0 when another holds it, NULL when there is no such case. One statement
-- decides, by this server's clock.
CREATE FUNCTION {desk}.claim(_case text, _holder text, _lease_us bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    now_us bigint := {desk}.now_us();
    given int;
BEGIN
    IF {desk}.me() IS NULL OR _holder !~ '^agent:[0-9]{{1,8}}$' OR _lease_us NOT BETWEEN 1 AND 3600000000 THEN
        RAISE insufficient_privilege USING MESSAGE = 'no claim like that';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM public.case_ WHERE id = _case) THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.claim AS c (case_id, holder, fence, until) VALUES (_case, _holder, 1, now_us + _lease_us)
        ON CONFLICT (case_id) DO UPDATE
        SET holder = excluded.holder, fence = c.fence + 1, until = excluded.until
        WHERE c.until < now_us OR c.holder = excluded.holder OR c.holder = ''
        RETURNING fence INTO given;
    RETURN coalesce(given, 0);
END $$;

CREATE FUNCTION {desk}.renew(_case text, _holder text, _fence int, _lease_us bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE public.claim SET until = {desk}.now_us() + _lease_us
        WHERE case_id = _case AND holder = _holder AND fence = _fence
        AND {desk}.me() IS NOT NULL AND _lease_us BETWEEN 1 AND 3600000000;
    RETURN FOUND;
END $$;

-- The first of `_count` case numbers that nobody else is given.
CREATE FUNCTION {desk}.reserve_numbers(_count int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    after bigint;
BEGIN
    IF {desk}.me() IS NULL OR _count NOT BETWEEN 1 AND 1000 THEN
        RAISE insufficient_privilege USING MESSAGE = 'no such block of numbers';
    END IF;
    UPDATE public.meta SET value = (value::bigint + _count)::text WHERE key = 'next-number'
        RETURNING value::bigint INTO after;
    RETURN after - _count;
END $$;

CREATE FUNCTION {desk}.ask(_id text, _kind text, _sealed bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF {desk}.me() IS NULL OR octet_length(_sealed) > 1000000 THEN
        RAISE insufficient_privilege USING MESSAGE = 'no such question';
    END IF;
    INSERT INTO public.ask (id, terminal, kind, sealed, made_at, stage, reply)
        VALUES (_id, {desk}.me(), _kind, _sealed, {desk}.now_us(), '', NULL);
END $$;

-- A question of this terminal's: it goes as its reply is read, or when nobody waits for one any more.
CREATE FUNCTION {desk}.forget_ask(_id text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM public.ask WHERE id = _id AND terminal = {desk}.me()
$$;

-- Central had `_size` entries of this terminal's log, by its own receipt. Believed only where it has fewer now.
CREATE FUNCTION {desk}.report_loss(_log text, _size bigint, _word text, _skipped int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM {desk}.log_head WHERE log = _log AND size < _size)
        OR length(_word) > 64 OR _skipped NOT BETWEEN 1 AND 1000000 THEN
        RETURN;
    END IF;
    INSERT INTO public.meta (key, value) VALUES ('feed', _word) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
    UPDATE public.meta SET value = (value::bigint + _skipped)::text WHERE key = 'next-number';
END $$;

-- A log of this terminal's: the first under the key it brings, a later one under the key that was named for it then.
CREATE FUNCTION {desk}.enrol_log(_log text, _origin text, _public_key bytea, _next_key bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine text := {desk}.me();
    wanted bytea;
BEGIN
    IF mine IS NULL OR _log !~ ('^' || mine || '/[1-9][0-9]{{0,5}}$') OR octet_length(_public_key) <> 32
        OR octet_length(_next_key) <> 32
        OR _origin <> (SELECT value FROM public.meta WHERE key = 'deployment') || '/' || _log THEN
        RAISE insufficient_privilege USING MESSAGE = 'this log is not yours';
    END IF;
    SELECT next_key INTO wanted FROM public.log WHERE owner = mine ORDER BY split_part(id, '/', 2)::int DESC LIMIT 1;
    IF wanted IS NOT NULL AND wanted <> _public_key THEN
        RETURN false;
    END IF;
    INSERT INTO public.log (id, owner, kind, public_key, next_key, origin, enrolled_at, problem)
        SELECT _log, mine, kind, _public_key, _next_key, _origin, {desk}.now_us(), ''
        FROM public.terminal WHERE id = mine;
    INSERT INTO public.log_head (log, size, frontier, checkpoint, receipt, key)
        VALUES (_log, 0, '', '', '', _public_key);
    RETURN true;
END $$;

-- The key that replies to this terminal are sealed to: brought once.
CREATE FUNCTION {desk}.bring_ask_key(_key bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE public.terminal SET ask_key = _key WHERE id = {desk}.me() AND ask_key = '' AND octet_length(_key) = 32;
    RETURN FOUND;
END $$;

CREATE FUNCTION {desk}.knows_ask_key(_key bytea) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM public.terminal WHERE id = {desk}.me() AND ask_key = _key)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {desk} FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {desk} TO rightsdesk_terminal;
-- A worker works on the tables; how it joins is a terminal's way.
GRANT USAGE ON SCHEMA {desk} TO rightsdesk_worker;
GRANT EXECUTE ON FUNCTION {desk}.me(), {desk}.enrol_log(text, text, bytea, bytea), {desk}.bring_ask_key(bytea),
    {desk}.knows_ask_key(bytea) TO rightsdesk_worker;

-- ── entries stay ────────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION {desk}.entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING MESSAGE = 'entries and versions are never changed or deleted';
END $$;
REVOKE ALL ON FUNCTION {desk}.entries_stay() FROM PUBLIC;
