/** Values of one period by the id of their metric; `undefined`: none was reported. */
export type Values = Readonly<Record<string, number | undefined>>

const functions = {
  IF: (condition: boolean, so: number, otherwise: number) => (condition ? so : otherwise),
  FILL: (value: number | undefined, filling: number) => value ?? filling,
}

/**
 * Value of an expression in CloudWatch's metric math, as much as the alarms use: it spells the operators as JavaScript
 * does. Only the alarms' own expressions are evaluated, and nothing that comes from outside.
 *
 * @returns `undefined` where the expression has no value: an operand is missing, or the divisor is 0
 */
export function evaluateMath(expression: string, values: Values): number | undefined {
  const words = [...Object.keys(functions), ...Object.keys(values)]
  const value: number = new Function(...words, `return ${expression}`)(
    ...Object.values(functions),
    ...Object.values(values),
  )
  return Number.isFinite(value) ? value : undefined
}
