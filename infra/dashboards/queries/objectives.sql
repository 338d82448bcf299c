SELECT
  blob5 AS priority,
  sum(_sample_interval * double4) AS answers,
  sumIf(_sample_interval * double4, double1 >= 500) AS failed,
  sumIf(_sample_interval * double4, double1 < 500 AND double5 = 0) AS timed,
  sumIf(_sample_interval * double4, double1 < 500 AND double5 = 0 AND double2 > if(blob5 = 'critical', 500, if(blob5 = 'normal', 500, if(blob5 = 'background', 1000, 0)))) AS slow
FROM DATASET
WHERE timestamp > NOW() - INTERVAL '1' HOUR AND blob5 != ''
GROUP BY priority
