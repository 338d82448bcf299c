/** HTTP dates in the three forms that a recipient must accept (RFC 9110 §5.6.7). */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/
const rfc850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/
const asctime = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/

/**
 * @param nowMs decides the century of a two-digit year
 * @returns epoch milliseconds, `undefined` when it is no date
 */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  let match = imfFixdate.exec(value)
  if (match !== null) return instant(Number(match[3]), match[2], match[1], match[4], match[5], match[6])
  match = asctime.exec(value)
  if (match !== null) return instant(Number(match[6]), match[1], match[2], match[3], match[4], match[5])
  match = rfc850.exec(value)
  if (match === null) return undefined
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = Math.floor(thisYear / 100) * 100 + Number(match[3])
  // "more than 50 years in the future" means the most recent year in the past with the same last two digits.
  return instant(year > thisYear + 50 ? year - 100 : year, match[2], match[1], match[4], match[5], match[6])
}

function instant(
  year: number,
  monthName: string | undefined,
  day: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
  seconds: string | undefined,
): number | undefined {
  const month = months.indexOf(monthName ?? '')
  if (month < 0) return undefined
  const ms = Date.UTC(year, month, Number(day), Number(hours), Number(minutes), Number(seconds))
  const date = new Date(ms)
  // 31 February and 25 o'clock roll over in Date.UTC; a leap second may, by one.
  return date.getUTCDate() === Number(day) &&
    Number(hours) < 24 &&
    Number(minutes) < 60 &&
    Number(seconds) <= 60
    ? ms
    : undefined
}
