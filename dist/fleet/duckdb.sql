-- Top causes by destination, last hour
SELECT network.peer.address AS peer, network.peer.port AS port, connect.cause AS cause, count(*) AS failures,
    min(timestamp) AS since, max(timestamp) AS until
FROM read_json('connects.json', format = 'newline_delimited', sample_size = -1, union_by_name = true)
WHERE event.name = 'tcp.connect' AND event.outcome <> 'success' AND timestamp::TIMESTAMPTZ > now() - INTERVAL 1 HOUR
GROUP BY ALL ORDER BY failures DESC LIMIT 20

-- Which programs fail, and after how long
SELECT process.executable.name AS program, connect.cause AS cause, count(*) AS failures,
    round(quantile_cont(event.duration, 0.5) / 1e9, 3) AS median_s
FROM read_json('connects.json', format = 'newline_delimited', sample_size = -1, union_by_name = true)
WHERE event.name = 'tcp.connect' AND event.outcome <> 'success'
GROUP BY ALL ORDER BY failures DESC LIMIT 20

-- When each destination began to fail: its first failure after its last success
WITH c AS (SELECT timestamp, event.outcome AS outcome, network.peer.address AS peer, network.peer.port AS port
    FROM read_json('connects.json', format = 'newline_delimited', sample_size = -1, union_by_name = true)
    WHERE event.name = 'tcp.connect')
SELECT peer, port, min(timestamp) AS failing_since, count(*) AS failures FROM c
WHERE outcome <> 'success' AND timestamp > coalesce((SELECT max(timestamp) FROM c AS s
    WHERE s.peer = c.peer AND s.port = c.port AND s.outcome = 'success'), '')
GROUP BY ALL ORDER BY failing_since LIMIT 20
