/** Access: the words of rules, and everything that a rule is compiled to. */
export * from './access/audience.ts'
export * from './access/claims.ts'
export * from './access/decide.ts'
export * from './access/fields.ts'
export * from './access/filter.ts'
export * from './access/options.ts'
export * from './access/residual.ts'
export * from './access/rule.ts'
