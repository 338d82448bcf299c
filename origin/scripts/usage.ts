/**
 * Program: `node scripts/usage.ts` exports the usage of callers with a plan, with MONGODB_URI and MONGODB_DATABASE set as for
 * the origin.
 */
import { parseArgs } from 'node:util'
import { monthOf, usageName } from '@spillway/origin/contract'
import { csvRecord } from '../src/export/csv.ts'
import type { UsageRecord } from '../src/usage/count-usage.ts'
import { withDatabase } from './open-database.ts'

const usage = `usage: npm run usage -- [--month 2027-05] [--format csv|ndjson]
Writes each caller's requests of the month (default: this one, UTC) to standard output.`

await withDatabase(async (db) => {
  const string = { type: 'string' } as const
  const { values } = parseArgs({ options: { month: string, format: { ...string, default: 'csv' } } })
  const { month = monthOf(Date.now()), format } = values
  if (!/^\d{4}-\d{2}$/.test(month) || (format !== 'csv' && format !== 'ndjson')) throw new Error(usage)
  if (format === 'csv') process.stdout.write(csvRecord(['month', 'caller', 'plan', 'requests']))
  for await (const { caller, plan, requests } of db.collection<UsageRecord>(usageName).find({ month })) {
    const line =
      format === 'csv'
        ? csvRecord([month, caller, plan, requests])
        : `${JSON.stringify({ month, caller, plan, requests })}\n`
    if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
})
