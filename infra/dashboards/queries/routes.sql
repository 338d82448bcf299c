SELECT
  blob1 AS method,
  blob2 AS route,
  sum(_sample_interval * double4) AS answers,
  sumIf(_sample_interval * double4, double3 >= 0) AS forwarded,
  sumIf(_sample_interval * double4, double1 >= 500) AS failed,
  quantileExactWeighted(0.5)(double2, _sample_interval * double4) AS p50_ms,
  quantileExactWeighted(0.99)(double2, _sample_interval * double4) AS p99_ms
FROM DATASET
WHERE timestamp > NOW() - INTERVAL '1' HOUR
GROUP BY method, route
ORDER BY answers DESC
LIMIT 50
