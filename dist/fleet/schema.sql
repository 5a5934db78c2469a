-- The connects of a fleet. Run it on each server; `fleet` is the cluster of its configuration (remote_servers).
-- It works on ClickHouse 18.16 (Debian 12) and later; statements end with an empty line.

-- A row may come twice: the shipper sends again what it got no answer for. The same attempt has the same key, so that
-- merging keeps one, and questions count distinct attempts until then.
CREATE TABLE IF NOT EXISTS connects_local (
    timestamp String,
    host String,
    attempt UInt64,
    outcome String,
    cause String,
    why_no_answer String,
    error String,
    duration_ns UInt64,
    peer_address String,
    peer_port UInt16,
    via_address String,
    via_port UInt16,
    local_address String,
    local_port UInt16,
    executable String,
    pid UInt32,
    uid UInt32,
    cgroup String,
    container String,
    pod String,
    syn_sent UInt16,
    complete UInt8,
    explanation String,
    steps String,
    time DateTime ALIAS toDateTime(replaceOne(substring(timestamp, 1, 19), 'T', ' '), 'UTC'),
    step_at_ns Array(UInt64) ALIAS arrayMap(x -> visitParamExtractUInt(concat('{"at_ns"', x), 'at_ns'),
        arrayPopFront(splitByString('"at_ns"', steps))),
    step Array(String) ALIAS arrayMap(x -> visitParamExtractString(concat('{"at_ns"', x), 'step'),
        arrayPopFront(splitByString('"at_ns"', steps)))
) ENGINE = ReplacingMergeTree() PARTITION BY substring(timestamp, 1, 10)
ORDER BY (peer_address, peer_port, cause, timestamp, host, attempt)

CREATE TABLE IF NOT EXISTS connects AS connects_local ENGINE = Distributed(fleet, currentDatabase(), connects_local, cityHash64(host))

-- What the question of each minute needs, and no more: 40 bytes a row instead of the whole.
CREATE MATERIALIZED VIEW IF NOT EXISTS failures_local
ENGINE = AggregatingMergeTree() PARTITION BY toDate(minute) ORDER BY (peer_address, peer_port, cause, minute, host)
AS SELECT toStartOfMinute(toDateTime(replaceOne(substring(timestamp, 1, 19), 'T', ' '), 'UTC')) AS minute, peer_address, peer_port, cause, host,
    uniqExactState(attempt, timestamp) AS attempts, minState(timestamp) AS first, maxState(timestamp) AS last
FROM connects_local WHERE outcome != 'success' GROUP BY minute, peer_address, peer_port, cause, host

CREATE TABLE IF NOT EXISTS failures AS failures_local ENGINE = Distributed(fleet, currentDatabase(), failures_local)
