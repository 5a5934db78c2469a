-- Top causes by destination over all hosts, last hour
SELECT peer_address, peer_port, cause, uniqExactMerge(attempts) AS failures, uniqExact(host) AS hosts,
    minMerge(first) AS since, maxMerge(last) AS until
FROM failures WHERE minute >= now() - 3600
GROUP BY peer_address, peer_port, cause ORDER BY failures DESC LIMIT 20

-- Which hosts began to fail when, towards one destination
SELECT host, cause, minMerge(first) AS since, uniqExactMerge(attempts) AS failures
FROM failures WHERE minute >= now() - 86400 AND peer_address = '192.0.2.7' AND peer_port = 443
GROUP BY host, cause ORDER BY since

-- The evidence of one of them
SELECT timestamp, host, executable, error, duration_ns / 1e9 AS seconds, step, explanation
FROM connects WHERE peer_address = '192.0.2.7' AND outcome != 'success' ORDER BY timestamp DESC LIMIT 5
