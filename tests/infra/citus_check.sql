-- What would stop the schema from being distributed by tenant_id, or let an organization see another: each row is a violation.
-- Tables of organizations are those with a tenant_id column; partitions are looked at where their parent does not answer for them.
WITH tenant_table AS (
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relkind,
        a.attnum, a.atttypid, a.attnotnull, a.attgenerated
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE n.nspname = 'steelyard' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
),
ours AS (
    SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'steelyard'
)
SELECT 'tenant_id is not a plain uuid NOT NULL' AS violation, relname::text AS subject FROM tenant_table
    WHERE atttypid <> 'uuid'::regtype OR NOT attnotnull OR attgenerated <> ''
UNION ALL SELECT 'no primary key', relname FROM ours WHERE relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = ours.oid AND i.indisprimary)
UNION ALL SELECT 'unique without tenant_id', i.indexrelid::regclass::text FROM tenant_table t
    JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique
    WHERE NOT (t.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
UNION ALL SELECT 'index does not begin with tenant_id', i.indexrelid::regclass::text FROM tenant_table t
    JOIN pg_index i ON i.indrelid = t.oid WHERE i.indkey[0] <> t.attnum
UNION ALL SELECT 'exclusion without tenant_id WITH =', k.conname FROM tenant_table t
    JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'x'
    WHERE NOT EXISTS (SELECT FROM generate_subscripts(k.conkey, 1) g JOIN pg_operator o ON o.oid = k.conexclop[g]
        WHERE k.conkey[g] = t.attnum AND o.oprname = '=')
UNION ALL SELECT 'foreign key does not pair tenant_id', k.conname FROM tenant_table t
    JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' JOIN tenant_table r ON r.oid = k.confrelid
    WHERE NOT EXISTS (SELECT FROM generate_subscripts(k.conkey, 1) g
        WHERE k.conkey[g] = t.attnum AND k.confkey[g] = r.attnum)
UNION ALL SELECT 'foreign key to a table that is none of organizations', k.conname FROM tenant_table t
    JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
    WHERE NOT EXISTS (SELECT FROM tenant_table r WHERE r.oid = k.confrelid)
UNION ALL SELECT 'foreign key sets null or default, or follows an update', k.conname FROM tenant_table t
    JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
    WHERE k.confdeltype IN ('n', 'd') OR k.confupdtype <> 'a'
UNION ALL SELECT 'trigger', g.tgname FROM tenant_table t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL SELECT 'rule', w.rulename FROM tenant_table t JOIN pg_rewrite w ON w.ev_class = t.oid
UNION ALL SELECT 'inheritance', relname FROM tenant_table t JOIN pg_inherits h ON h.inhrelid = t.oid
UNION ALL SELECT 'sub-partitions', relname FROM ours WHERE relkind = 'p' AND relispartition
UNION ALL SELECT 'identity or sequence', t.relname || '.' || a.attname FROM tenant_table t
    JOIN pg_attribute a ON a.attrelid = t.oid AND (a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef d
        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'))
UNION ALL SELECT 'row-level security off', relname FROM ours WHERE (relispartition AND NOT relrowsecurity
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = ours.oid AND a.attname = 'tenant_id'))
    OR oid IN (SELECT oid FROM tenant_table WHERE NOT relrowsecurity)
UNION ALL SELECT 'row-level security forced', relname FROM tenant_table WHERE relforcerowsecurity
UNION ALL SELECT 'no policy with USING and WITH CHECK', relname FROM tenant_table t
    WHERE NOT EXISTS (SELECT FROM pg_policy p
        WHERE p.polrelid = t.oid AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL)
UNION ALL SELECT 'policy with a sub-select', p.polname FROM tenant_table t JOIN pg_policy p ON p.polrelid = t.oid
    WHERE p.polqual::text ~* 'SUBSELECT|SUBLINK' OR p.polwithcheck::text ~* 'SUBSELECT|SUBLINK'
UNION ALL SELECT 'owner can log in', relname FROM ours JOIN pg_roles o ON o.oid = ours.relowner
    WHERE o.rolcanlogin AND relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL SELECT 'more than one owner', string_agg(DISTINCT pg_get_userbyid(relowner)::text, ', ') FROM tenant_table
    HAVING count(DISTINCT relowner) > 1
UNION ALL SELECT 'a serving role is a member of the owner', r.rolname::text FROM pg_roles r, pg_roles o
    WHERE o.rolname = 'steelyard_owner' AND r.rolname LIKE 'steelyard\_%'
        AND r.rolname NOT IN ('steelyard_owner', 'steelyard_migrator') AND pg_has_role(r.oid, o.oid, 'MEMBER')
UNION ALL SELECT 'a role of ours is superuser or bypasses policies', rolname::text FROM pg_roles
    WHERE rolname LIKE 'steelyard\_%' AND (rolsuper OR rolbypassrls)
UNION ALL SELECT 'the log can be changed', grantee || ' ' || privilege_type FROM information_schema.table_privileges
    WHERE table_schema = 'steelyard' AND table_name = 'event' AND grantee <> 'steelyard_owner'
        AND privilege_type NOT IN ('SELECT', 'INSERT')
UNION ALL SELECT 'the log can be changed', grantee || ' ' || column_name FROM information_schema.column_privileges
    WHERE table_schema = 'steelyard' AND table_name = 'event' AND grantee <> 'steelyard_owner'
        AND privilege_type NOT IN ('SELECT', 'INSERT')
UNION ALL SELECT 'TRUNCATE, REFERENCES or TRIGGER granted', grantee || ' ' || table_name
    FROM information_schema.table_privileges WHERE table_schema = 'steelyard' AND grantee <> 'steelyard_owner'
        AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
UNION ALL SELECT 'granted to everybody', table_name FROM information_schema.table_privileges
    WHERE table_schema = 'steelyard' AND grantee = 'PUBLIC'
UNION ALL SELECT 'constraint named by more than 50 bytes', conname FROM pg_constraint k
    JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = 'steelyard' AND octet_length(conname) > 50
UNION ALL SELECT 'constraint that nobody named', conname FROM pg_constraint k JOIN tenant_table t ON t.oid = k.conrelid
    WHERE k.conname ~ '_(check|key|fkey|excl)\d+$'
UNION ALL SELECT 'view that does not ask as its reader', relname FROM ours
    WHERE relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
UNION ALL SELECT 'materialized view', relname FROM ours WHERE relkind = 'm'
UNION ALL SELECT 'function that acts as its owner', p.oid::regprocedure::text FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'steelyard' AND p.prosecdef
UNION ALL SELECT 'leakproof function', p.oid::regprocedure::text FROM pg_proc p
    WHERE p.proleakproof AND p.oid >= 16384
