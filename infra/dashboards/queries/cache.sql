SELECT
  blob2 AS route,
  sum(_sample_interval * double4) AS answers,
  sumIf(_sample_interval * double4, blob4 LIKE '%; hit%') / sum(_sample_interval * double4) AS hit_ratio
FROM DATASET
WHERE timestamp > NOW() - INTERVAL '1' HOUR AND blob4 != ''
GROUP BY route
ORDER BY answers DESC
LIMIT 50
