import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { calmOrigin, type OriginSigns } from '../signs.ts'

/** Rows of a query of CloudWatch Logs Insights: values by field. */
export type LogRows = readonly Readonly<Record<string, string>>[]

const labels = ['code', 'priority', 'reason', 'state', 'lane'] as const
const counters = {
  problems: 'origin_problems_total',
  shed: 'origin_admission_shed_total',
  admitted: 'origin_admission_admitted_total',
  givenUp: 'origin_commands_given_up_total',
  batches: 'origin_batches_total',
  callers: 'origin_batch_callers_total',
} as const
const gauges = {
  poolWait: 'origin_pool_wait_p99_seconds',
  connections: 'origin_pool_connections',
  loopDelay: 'origin_event_loop_delay_p99_seconds',
  limit: 'origin_admission_limit',
  inflight: 'origin_admission_inflight',
  waiting: 'origin_admission_waiting',
  memory: 'origin_resident_memory_bytes',
} as const

/**
 * The origins' figures, from the log of metrics that the agent writes: a line for each scrape and set of labels, in which
 * a counter is its increase since the scrape before.
 */
export const originQuery = [
  'stats',
  [
    ...Object.entries(counters).map(([name, metric]) => `sum(${metric}) as ${name}`),
    ...Object.entries(gauges).map(([name, metric]) => `max(${metric}) as ${name}`),
  ].join(', '),
  `by @logStream, ${labels.join(', ')}`,
].join(' ')

const waitMs = 20_000

/**
 * @param group name of the log group
 * @param seconds age of the oldest line that counts
 * @throws Error when the query fails or takes longer than 20 s
 */
export async function queryLog(
  client: CloudWatchLogsClient,
  { group, query, seconds }: { readonly group: string; readonly query: string; readonly seconds: number },
): Promise<LogRows> {
  const endTime = Math.ceil(Date.now() / 1_000)
  const { queryId } = await client.send(
    new StartQueryCommand({
      logGroupName: group,
      queryString: query,
      startTime: endTime - seconds,
      endTime,
      limit: 10_000,
    }),
  )
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += 500) {
    const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }))
    if (status === 'Complete') {
      return results.map((row) =>
        Object.fromEntries(row.map(({ field = '', value = '' }) => [field, value] as const)),
      )
    }
    if (status !== 'Running' && status !== 'Scheduled')
      throw new Error(`the query of ${group} ended: ${status}`)
    await sleep(500)
  }
  throw new Error(`the query of ${group} takes longer than ${waitMs / 1_000} s`)
}

/** Signs of the origins by the rows of {@link originQuery}, one for each stream of the log. */
export function originsOf(rows: LogRows): readonly OriginSigns[] {
  return [...Map.groupBy(rows, (row) => row['@logStream'] ?? '')].map(([name, own]) => signsOf(name, own))
}

function signsOf(name: string, rows: LogRows): OriginSigns {
  const number = (row: LogRows[number], column: string): number => Number(row[column] || 0)
  const total = (column: string) => rows.reduce((sum, row) => sum + number(row, column), 0)
  const highest = (column: string) => Math.max(0, ...rows.map((row) => number(row, column)))
  const by = (column: string, label: (typeof labels)[number]): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const row of rows) {
      const count = number(row, column)
      const key = row[label] ?? ''
      if (count > 0) counts[key] = (counts[key] ?? 0) + count
    }
    return counts
  }
  const connections = (state: string) =>
    Math.max(0, ...rows.filter((row) => row.state === state).map((row) => number(row, 'connections')))
  const [admitted, shed] = [by('admitted', 'priority'), by('shed', 'priority')]
  return {
    ...calmOrigin,
    name,
    problems: by('problems', 'code'),
    shed: by('shed', 'reason'),
    admitted: total('admitted'),
    priorities: Object.fromEntries(
      [...new Set([...Object.keys(admitted), ...Object.keys(shed)])].map((priority) => [
        priority,
        { admitted: admitted[priority] ?? 0, shed: shed[priority] ?? 0 },
      ]),
    ),
    pool: { size: connections('size'), inUse: connections('inUse') },
    poolWaitSeconds: highest('poolWait'),
    commandsGivenUp: total('givenUp'),
    admission: { limit: highest('limit'), inflight: highest('inflight'), waiting: highest('waiting') },
    loopDelaySeconds: highest('loopDelay'),
    batches: { commands: total('batches'), callers: total('callers') },
    memoryBytes: highest('memory'),
  }
}
