import { resources } from '@spillway/origin/fixture'
import { bearerToken, readUnverified } from '../../edge/src/auth/unverified-token.ts'
import { cookieValue } from '../../edge/src/http/cookie.ts'
import { requestFields } from '../../edge/src/http/forwarded-headers.ts'
import { isUuid } from '../../edge/src/http/request-headers.ts'
import { RequestPlans } from '../../edge/src/http/request-plans.ts'
import { readTrace } from '../../edge/src/http/trace-context.ts'
import {
  acceptsJson,
  findView,
  limits,
  parseEtags,
  parseIdempotencyKey,
  parseListQuery,
  parseLoad,
  parseTimeout,
  type View,
} from '../../origin/contract/index.ts'
import { parseTextList } from '../../origin/contract/text-list.ts'
import { namesListEtag } from '../../origin/src/http/precondition.ts'
import { isTakenType } from '../../origin/src/resource/gate.ts'
import { different, type Parser, repeated } from './parser.ts'

const blanks = repeated(' ', 'a', 'a')
const commas = repeated(',')
const quotes = repeated('"')
const escapes = repeated('\\"', '"')
const tabs = repeated(' \t', 'a', 'b')
const names = different((n) => `n${n.toString(36)},`)

// The cast is safe: the application has places.
const places = findView(resources, 'v2', 'places') as View

const base64url = (text: string): string => Buffer.from(text).toString('base64url')
/** A token with claims of maximum length, so that no parser is stopped by a limit. */
const tokenOf = (claims: string): string => `${base64url('{"alg":"ES256"}')}.${base64url(claims)}.AA`
const longest = (text: string, before: string, after: string): string =>
  before + text.repeat(Math.floor((6_000 - before.length - after.length) / text.length)) + after

const listQuery = (search: string): unknown => parseListQuery(places, search)

/** All other parsers of the request line and of headers, except those of the cache. */
export const headerParsers: readonly Parser[] = [
  {
    name: 'content-type',
    file: 'origin/src/resource/gate.ts',
    parse: (text) => isTakenType(text, ['application/json']),
    worst: [
      repeated(' ', 'application/json;', 'x'),
      repeated(' ', 'application/json;charset=', 'x'),
      repeated(' ', 'application/json;charset', '=utf-8'),
      repeated(';', 'application/json'),
      repeated('; ', 'application/json'),
      repeated('=', 'application/json;charset'),
      repeated(';charset=utf-8', 'application/json'),
      tabs,
    ],
  },
  {
    name: 'accept',
    file: 'origin/contract/accept.ts',
    parse: acceptsJson,
    worst: [
      blanks,
      commas,
      quotes,
      escapes,
      names,
      repeated(';q=1', '*/*'),
      repeated(';x', '*/*'),
      repeated('*/*;q=0.1,'),
      repeated('*/*;q=0,'),
    ],
  },
  {
    name: 'if-match',
    file: 'origin/contract/etag.ts',
    parse: parseEtags,
    worst: [
      blanks,
      commas,
      quotes,
      repeated(' ', '"a"', 'x'),
      repeated('W/'),
      repeated('"1",'),
      repeated('"1" ', '', 'x'),
      repeated(' \t', '', '"1"x'),
    ],
  },
  {
    name: 'if-none-match-of-a-list',
    file: 'origin/src/http/precondition.ts',
    parse: (text) => namesListEtag(text, '"abc"'),
    worst: [blanks, commas, repeated('W/"1",'), tabs],
  },
  {
    name: 'idempotency-key',
    file: 'origin/contract/idempotency-key.ts',
    parse: parseIdempotencyKey,
    worst: [
      repeated('a', '"', '"'),
      repeated(' ', '"a"', '\u00ff'),
      repeated(';', '"a"', '\u00ff'),
      quotes,
      repeated('a'),
    ],
  },
  {
    name: 'timeout',
    file: 'origin/contract/deadline.ts',
    parse: parseTimeout,
    worst: [repeated('1'), repeated('1', '', 'x')],
  },
  {
    name: 'load',
    file: 'origin/contract/load.ts',
    parse: parseLoad,
    worst: [repeated('1', 'u='), repeated(' ', 'u=0.10,')],
  },
  {
    name: 'traceparent',
    file: 'edge/src/http/trace-context.ts',
    parse: (text) => readTrace(text, text, () => '0'.repeat(32)),
    worst: [
      repeated('0'),
      repeated('-a', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`),
      repeated('\n', `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01-`),
    ],
  },
  {
    name: 'request-id',
    file: 'edge/src/http/request-headers.ts',
    parse: isUuid,
    worst: [repeated('a'), repeated('a-')],
  },
  {
    name: 'cookie',
    file: 'edge/src/http/cookie.ts',
    parse: (text) => cookieValue(text, 'spillway'),
    worst: [repeated(';'), repeated('='), repeated('a=b;'), repeated(' ', 'a', '=b'), repeated(' =;')],
  },
  {
    name: 'connection-of-a-request',
    file: 'edge/src/http/forwarded-headers.ts',
    parse: (text) => requestFields(new Headers({ connection: text })),
    worst: [names, commas, blanks],
  },
  {
    name: 'authorization',
    file: 'edge/src/auth/unverified-token.ts',
    parse: (text) => readUnverified(bearerToken(text) ?? ''),
    worst: [
      repeated('a', 'Bearer '),
      repeated('.', 'Bearer '),
      ...[
        longest('"a":0,', '{', '"b":0}'),
        longest(' ', '{"a"', ':0}'),
        longest(' ', '{"a":["b"', ']}'),
        longest('\\"', '{"a":"', '"}'),
        longest('[', '{"a":', '0'),
        longest('[]', '{"a":"', '"}'),
      ].map((claims) => `Bearer ${tokenOf(claims)}`.padEnd(8_192, 'A')),
    ],
  },
  {
    name: 'request-target',
    file: 'edge/src/http/plan-request.ts',
    parse: (text) => new RequestPlans(resources).plan('GET', `https://a.example${text}`, 0),
    worst: ['/', '/docs/', '/v2/places/', '/v2/places?', '/problems/a.'].flatMap((path) =>
      ['a', '/', '.', '%', '&', '-/', 'a=&'].map((text) => (path + text.repeat(8_192)).slice(0, 8_192)),
    ),
  },
  {
    name: 'query-of-a-list',
    file: 'origin/contract/query.ts',
    parse: listQuery,
    worst: [
      repeated('&'),
      repeated('a=&'),
      repeated('[', 'a'),
      repeated(']', 'name['),
      repeated('%41', 'name='),
      repeated('%', 'name='),
      repeated('+', 'name='),
      repeated('name,', 'sort='),
      repeated('name,', 'fields='),
      repeated('a,', 'name[in]='),
      repeated('%22%5c%22', 'name[in]='),
      repeated('A', 'cursor='),
      repeated('1', 'population='),
      repeated('1', 'population=0.'),
    ],
  },
  {
    name: 'list-of-texts',
    file: 'origin/contract/text-list.ts',
    parse: (text) => parseTextList(text, limits.inValuesMax),
    worst: [commas, quotes, escapes, repeated('"a",', '', 'a'), repeated(' ', '"a",a', 'a'), names],
  },
]
