import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { createEvidence, createLabRoot } from '../../fakes/virtual-evidence.ts'
import { bombyx } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'bombyx-tools-'))
const file = (name: string): string => join(folder, name)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('bombyx collateral fetch', () => {
  it('finds the platform of a quote and writes what it was told', async () => {
    const { fields, collateralBytes } = await createEvidence(await createLabRoot())
    writeFileSync(file('quote.bin'), fields.quote)
    writeFileSync(file('b04b79000000-platform.json'), collateralBytes)
    const args = ['collateral', 'fetch', '--for', file('quote.bin'), '--out', file('fetched.json')]
    const { status, stdout } = await bombyx(args, { env: { BOMBYX_COLLATERAL_DIR: folder } })
    expect([stdout, status]).toEqual([expect.stringContaining('b04b79000000, platform CA'), 0])
    expect(() => parseTdxCollateral(readFileSync(file('fetched.json')))).not.toThrow()
  })

  it.each([
    ['no platform', [], 'ARGUMENT_INVALID', 30],
    ['a CA that Intel has not', ['--fmspc', 'b04b79000000', '--ca', 'nobody'], 'ARGUMENT_INVALID', 30],
    ['a family that nobody knows', ['--fmspc', '000000000000'], 'NOT_FOUND', 1]
  ] as const)('refuses %s', async (_, args, code, expected) => {
    const { status, stderr } = await bombyx(['collateral', 'fetch', ...args], {
      env: { BOMBYX_COLLATERAL_DIR: folder }
    })
    expect([stderr, status]).toEqual([expect.stringContaining(code), expected])
  })
})

describe('bombyx doctor', () => {
  it('says what this machine can do, role by role', async () => {
    const { status, stdout } = await bombyx(['doctor', '--json'])
    expect(status).toBe(0)
    const roles = JSON.parse(stdout) as Record<string, readonly { ok: boolean; remedy?: string }[]>
    expect(Object.keys(roles)).toEqual(['client', 'services', 'host'])
    for (const { ok, remedy } of Object.values(roles).flat()) expect(ok).toBe(remedy === undefined)
  })

  it('has another status where a host lacks its engine', async () => {
    expect((await bombyx(['doctor', '--for', 'host'])).status).toBe(1)
  })
})

describe('bombyx completion', () => {
  it.each([
    [['hosts', 'qu'], 'quarantine'],
    [['verify', 'quote.bin', '--pol'], '--policy'],
    [['coll'], 'collateral']
  ])('completes %j in bash', async (words, expected) => {
    const { stdout } = await bombyx(['completion', 'bash'])
    const typed = ['bombyx', ...words].join(' ')
    const script = `${stdout}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _bombyx; echo "\${COMPREPLY[@]}"`
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim()).toBe(expected)
  })

  it.each(['zsh', 'fish'])('has a script for %s', async (shell) => {
    expect((await bombyx(['completion', shell])).stdout).toContain('bombyx')
  })
})
