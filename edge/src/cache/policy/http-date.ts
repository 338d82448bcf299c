import { remembered } from '../../lib/remembered.ts'

/**
 * HTTP dates in the three forms that a recipient must accept (RFC 9110 §5.6.7). Senders must keep the case; a cache
 * reads them in any case (RFC 9111 §4.2).
 */
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i
const rfc850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i

/** Longer than every valid date. */
const lengthMax = 40

/**
 * @param nowMs determines the century of a two-digit year
 * @returns epoch milliseconds; `undefined` for an invalid date
 */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  if (value.length > lengthMax) return undefined
  const usual = parseImfFixdate(value)
  if (usual !== undefined) return usual
  let match = asctime.exec(value)
  if (match !== null) return instant(Number(match[6]), match[1], match[2], match.slice(3, 6))
  match = rfc850.exec(value)
  if (match === null) return undefined
  const [, day, month, shortYear, ...time] = match
  const limit = new Date(nowMs)
  const year = Math.floor(limit.getUTCFullYear() / 100) * 100 + Number(shortYear)
  const near = instant(year, month, day, time)
  limit.setUTCFullYear(limit.getUTCFullYear() + 50)
  // "more than 50 years in the future" means the most recent year in the past with the same last two digits.
  return near !== undefined && near > limit.getTime() ? instant(year - 100, month, day, time) : near
}

const parseImfFixdate = remembered(
  (value) => {
    const match = imfFixdate.exec(value)
    return match === null ? undefined : instant(Number(match[3]), match[2], match[1], match.slice(4))
  },
  { countMax: 64, lengthMax },
)

function instant(
  year: number,
  monthName: string | undefined,
  day: string | undefined,
  [hours, minutes, seconds]: readonly string[],
): number | undefined {
  const month = months.indexOf((monthName ?? '').toLowerCase())
  if (month < 0) return undefined
  const ms = Date.UTC(year, month, Number(day), Number(hours), Number(minutes), Number(seconds))
  // Date.UTC rolls over 31 February and hour 25, which makes them invalid; a leap second may roll over by one.
  return new Date(Date.UTC(year, month, Number(day))).getUTCDate() === Number(day) &&
    Number(hours) < 24 &&
    Number(minutes) < 60 &&
    Number(seconds) <= 60
    ? ms
    : undefined
}
