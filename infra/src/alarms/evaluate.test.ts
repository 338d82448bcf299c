import { describe, expect, it } from 'vitest'
import { isInAlarm, type Rule } from './evaluate.ts'

const rule = { comparison: 'above', threshold: 10, missingData: 'notBreaching' } as const
const threeOfThree: Omit<Rule, 'missingData'> = { ...rule, evaluationPeriods: 3, datapointsToAlarm: 3 }
const twoOfThree: Omit<Rule, 'missingData'> = { ...rule, evaluationPeriods: 3, datapointsToAlarm: 2 }

/** `X`: beyond the threshold, `0`: within, `-`: missing. */
const datapoints = (picture: string) =>
  picture.split(' ').map((sign) => (sign === '-' ? undefined : sign === 'X' ? 11 : 10))

const states = (of: Omit<Rule, 'missingData'>, picture: string) =>
  (['breaching', 'notBreaching'] as const).map((missingData) =>
    isInAlarm({ ...of, missingData }, datapoints(picture)) ? 'ALARM' : 'OK',
  )

// Rows of the tables in the User Guide, "How alarm state is evaluated when data is missing".
describe('three of three', () => {
  it.each([
    ['0 - X - X', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK'],
    ['- - - - -', 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM'],
    ['- - - - X', 'ALARM', 'OK'],
    ['X - - - -', 'ALARM', 'OK'],
  ])('%s is %s if missing data is breaching, else %s', (picture, ...expected) => {
    expect(states(threeOfThree, picture)).toEqual(expected)
  })
})

describe('two of three', () => {
  it.each([
    ['0 - X - X', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM'],
    ['0 - X - -', 'ALARM', 'OK'],
    ['- - - - 0', 'ALARM', 'OK'],
    ['- - - - X', 'ALARM', 'OK'],
  ])('%s is %s if missing data is breaching, else %s', (picture, ...expected) => {
    expect(states(twoOfThree, picture)).toEqual(expected)
  })
})

it('compares in both directions, and a value at the threshold is within', () => {
  const below = { ...twoOfThree, comparison: 'below', missingData: 'notBreaching' } as const
  expect(isInAlarm(below, [9, 9, 11])).toBe(true)
  expect(isInAlarm(below, [10, 10, 10])).toBe(false)
  expect(isInAlarm({ ...below, comparison: 'above' }, [10, 10, 10])).toBe(false)
})

it('forgets what is older than the evaluation range', () => {
  expect(isInAlarm({ ...twoOfThree, missingData: 'notBreaching' }, datapoints('X X X - - - - -'))).toBe(false)
})
