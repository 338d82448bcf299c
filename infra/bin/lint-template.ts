import { join } from 'node:path'
import { printCheck } from '../src/check/finding.ts'
import { checkTemplates } from '../src/check/template-check.ts'

const check = checkTemplates(join(import.meta.dirname, '..', 'cdk.out'))
printCheck(check)
if (check.findings.length > 0) process.exitCode = 1
