import { parseAge } from '../../edge/src/cache/policy/age.ts'
import { parseAttributes } from '../../edge/src/cache/policy/attributes.ts'
import { listMembers } from '../../edge/src/cache/policy/blanks.ts'
import { forbidsDecoding } from '../../edge/src/cache/policy/content-coding.ts'
import { parseDirectives } from '../../edge/src/cache/policy/directives.ts'
import { entityTags } from '../../edge/src/cache/policy/entity-tag.ts'
import { removeHopByHop } from '../../edge/src/cache/policy/fields.ts'
import { parseHttpDate } from '../../edge/src/cache/policy/http-date.ts'
import { isNotModified } from '../../edge/src/cache/policy/preconditions.ts'
import { rangeAnswer } from '../../edge/src/cache/policy/range.ts'
import { requestControl } from '../../edge/src/cache/policy/request-control.ts'
import { responseControl } from '../../edge/src/cache/policy/response-control.ts'
import { passThroughRules } from '../../edge/src/cache/policy/rules.ts'
import { parseStructuredDictionary } from '../../edge/src/cache/policy/structured-dictionary.ts'
import { parseSurrogateControl } from '../../edge/src/cache/policy/surrogate-control.ts'
import { parseTargetedControl } from '../../edge/src/cache/policy/targeted-control.ts'
import { secondaryKey, varyNames } from '../../edge/src/cache/policy/vary.ts'
import { different, type Parser, repeated } from './parser.ts'

const folder = 'edge/src/cache/policy'

const validators = { etag: '"a"', lastModified: null, lastModifiedMs: 0, dateMs: 0, modifiedMs: 0 }

const blanks = repeated(' ', 'a', 'a')
const openQuote = repeated('\\"', 'a="')
const quotes = repeated('a="",')
const commas = repeated(',')
const names = different((n) => `n${n.toString(36)},`)

/** The parsers of the edge's HTTP cache. */
export const cacheParsers: readonly Parser[] = [
  {
    name: 'age',
    file: `${folder}/age.ts`,
    parse: parseAge,
    worst: [repeated('1'), repeated('1', '', 'x'), repeated('1,'), repeated(' ', '1', 'x')],
  },
  {
    name: 'attributes-of-an-answer',
    file: `${folder}/attributes.ts`,
    parse: parseAttributes,
    worst: [repeated('['), repeated('{"a":'), `{${names}`, `"${repeated('\\"')}"`],
  },
  {
    name: 'content-coding',
    file: `${folder}/content-coding.ts`,
    parse: (text) =>
      forbidsDecoding(new Headers({ 'content-encoding': 'gzip', 'cache-control': text }), passThroughRules),
    worst: [repeated('no-transfor'), repeated('no-transform-')],
  },
  {
    name: 'cache-control',
    file: `${folder}/directives.ts`,
    parse: parseDirectives,
    worst: [blanks, openQuote, quotes, commas, names, repeated('a="'), repeated('='), repeated('a="\\')],
  },
  {
    name: 'cache-control-of-a-request',
    file: `${folder}/request-control.ts`,
    parse: requestControl,
    worst: [blanks, names, repeated('max-age=1,')],
  },
  {
    name: 'cache-control-of-an-answer',
    file: `${folder}/response-control.ts`,
    parse: (text) => responseControl(new Headers({ 'cache-control': text }), passThroughRules),
    worst: [`no-cache="${names}"`, `private="${commas}"`, `private="${repeated('a\t \t')}"`],
  },
  {
    name: 'entity-tags',
    file: `${folder}/entity-tag.ts`,
    parse: entityTags,
    worst: [
      repeated('"'),
      repeated('W/'),
      repeated('W/"', '', 'x'),
      blanks,
      repeated('a" '),
      repeated('"a",'),
    ],
  },
  {
    name: 'if-none-match',
    file: `${folder}/preconditions.ts`,
    parse: (text) => isNotModified(text, null, validators),
    worst: [repeated('"",'), repeated(' ', '*'), repeated('"b",').slice(0, 8192)],
  },
  {
    name: 'connection',
    file: `${folder}/fields.ts`,
    parse: (text) => removeHopByHop(new Headers({ connection: text })),
    worst: [names, commas, blanks, repeated('a,')],
  },
  {
    name: 'http-date',
    file: `${folder}/http-date.ts`,
    parse: (text) => parseHttpDate(text, 0),
    worst: [repeated('Sun, 06 Nov 1994 08:49:37 GMT'), repeated(' ', 'Sun,'), repeated('1', 'Sunday, ')],
  },
  {
    name: 'range',
    file: `${folder}/range.ts`,
    parse: (text) => rangeAnswer(text, null, 100, validators),
    worst: [
      repeated(' ', 'bytes'),
      repeated(' ', 'bytes=1-2', 'x'),
      repeated('1', 'bytes='),
      repeated('1-2,', 'bytes='),
    ],
  },
  {
    name: 'if-range',
    file: `${folder}/range.ts`,
    parse: (text) => rangeAnswer('bytes=0-1', text, 100, validators),
    worst: [blanks, repeated('"')],
  },
  {
    name: 'structured-dictionary',
    file: `${folder}/structured-dictionary.ts`,
    parse: parseStructuredDictionary,
    worst: [
      blanks,
      repeated(' ', 'a;', 'B'),
      repeated('a', '', '!'),
      repeated(';a', 'a', '!'),
      repeated('a;a=1;b="\\"",', '', 'a'),
      repeated('a=("x" 1 t),', '', 'a'),
      repeated('(', 'a='),
      repeated('\\"', 'a="'),
      repeated('A', 'a=:', '!'),
      names.slice(0, -1),
    ],
  },
  {
    name: 'targeted-cache-control',
    file: `${folder}/targeted-control.ts`,
    parse: parseTargetedControl,
    worst: [repeated('max-age=1,', '', 'a'), repeated('a=?0,', '', 'a'), names.slice(0, -1)],
  },
  {
    name: 'lists-of-names',
    file: `${folder}/blanks.ts`,
    parse: listMembers,
    worst: [blanks, commas, names, repeated(' ,'), repeated(' ')],
  },
  {
    name: 'surrogate-control',
    file: `${folder}/surrogate-control.ts`,
    parse: (text) => parseSurrogateControl(text, 'Spillway'),
    worst: [blanks, repeated(';'), repeated('max-age=1+1,'), repeated('1', 'max-age=', '+'), names],
  },
  {
    name: 'vary',
    file: `${folder}/vary.ts`,
    parse: varyNames,
    worst: [blanks, commas, names],
  },
  {
    name: 'accept-language',
    file: `${folder}/vary.ts`,
    parse: (text) => secondaryKey(['accept-language'], new Headers({ 'accept-language': text })),
    worst: [
      blanks,
      commas,
      names,
      repeated(' \t', 'a', 'b'),
      repeated(' ', 'en;q=', '1'),
      repeated(';', 'a'),
      repeated('b,a,'),
      different((n) => `a;q=0.${n},`),
    ],
  },
  {
    name: 'a-varying-field',
    file: `${folder}/vary.ts`,
    parse: (text) => secondaryKey(['foo'], new Headers({ foo: text })),
    worst: [blanks, commas, repeated(' \t', 'a', '"b"'), repeated(' ,', 'a')],
  },
]
