SELECT
  blob3 AS reason,
  blob5 AS priority,
  sum(_sample_interval * double4) AS answers
FROM DATASET
WHERE timestamp > NOW() - INTERVAL '1' HOUR AND blob3 != ''
GROUP BY reason, priority
ORDER BY answers DESC
LIMIT 50
