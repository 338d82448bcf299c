import { expect, it } from 'vitest'
import { csvRecord } from './csv.ts'

it.each([
  [['a', 1, -1.5, true], 'a,1,-1.5,true'],
  [[undefined, null, ''], ',,'],
  [['a,b', 'say "hi"', 'a\nb', ' a'], '"a,b","say ""hi""","a\nb"," a"'],
  [[{ latitude: 1 }, ['a', 'b']], '"{""latitude"":1}","[""a"",""b""]"'],
  [['Zürich', '東京'], 'Zürich,東京'],
])('writes %j as one record', (values, record) => {
  expect(csvRecord(values)).toBe(`${record}\r\n`)
})

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '\t=1'])('takes the formula out of the text %j', (text) => {
  expect(csvRecord([text]).replaceAll('"', '')).toBe(`'${text}\r\n`)
})

it('leaves numbers as they are, and signs inside a text', () => {
  expect(csvRecord([-1, 'a=b', '1-2'])).toBe('-1,a=b,1-2\r\n')
})
