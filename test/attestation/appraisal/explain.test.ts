import { describe, expect, it } from 'vitest'
import { contraindicated, FINDING_CODES, warning } from '../../../attestation/appraisal/findings.ts'
import { printable } from '../../../attestation/appraisal/printable.ts'
import { appraiseBundle } from '../../../attestation/appraise.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { ATTESTATION_ERRORS, type AttestationErrorCode } from '../../../attestation/errors.ts'
import { explainResult } from '../../../attestation/explain.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { VIRTUAL_KNOBS } from '../../../attestation/virtual/knobs.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../../fakes/virtual-evidence.ts'

describe('text that an attacker chose', () => {
  const shown: readonly (readonly [string, string, string])[] = [
    ['terminal escapes', '\u001b[2J', '\ufffd[2J'],
    ['line ends', 'a\nb\r\u2028', 'a\ufffdb\ufffd\ufffd'],
    ['reversed writing', 'a\u202eb', 'a\ufffdb'],
    ['half a character', 'a\ud800', 'a\ufffd'],
    ['plain words', 'Qwen/Qwen3-8B (größer)', 'Qwen/Qwen3-8B (größer)']
  ]
  it.each(shown)('is shown without %s', (_, text, safe) => expect(printable(text)).toBe(safe))

  it('is shown in part when it is long, and never half a character of it', () => {
    for (const text of ['a'.repeat(5000), `a${'🐛'.repeat(3000)}`, '🐛'.repeat(3000)]) {
      const safe = printable(text)
      expect(safe.length).toBeLessThanOrEqual(1024)
      expect(safe).toMatch(/[^\ud800-\udfff]…$/u)
      expect(safe.isWellFormed()).toBe(true)
    }
  })

  it('is safe in findings and in sentences', async () => {
    const root = await createLabRoot()
    const model = { id: 'good\u202eevil', engine: 'vllm', weights: new Uint8Array(32) }
    const changes = { keyset: { model }, app: { model: encodeUtf8('\u001b[31m') } }
    const evidence = readEvidence(await createEvidence(root, changes))
    const { result } = appraiseBundle(evidence, virtualPolicy(root.root.certificate), NOW)
    expect(result.findings.map(({ code }) => code)).toEqual(['MODEL_EVENT_MISMATCH'])
    const said = [...explainResult(result), ...result.findings.flatMap(({ expected, actual }) => [expected, actual])]
    expect(said.join('')).not.toMatch(/[\p{Cc}\u202e]/u)
  })
})

describe('a finding', () => {
  it('has words of its own for every code that a virtual knob can yield', () => {
    const codes = Object.values(VIRTUAL_KNOBS).flatMap(({ outcome }) => ('refused' in outcome ? [outcome.refused] : []))
    const refusals = codes.filter((code: AttestationErrorCode) => ATTESTATION_ERRORS[code] === 'refused')
    expect(refusals.length).toBeGreaterThan(20)
    for (const code of refusals) expect([code, contraindicated(code, 'a', 'b').claim]).not.toEqual([code, 'evidence'])
  })

  it('has a remedy in a whole sentence for every code there is', () => {
    for (const code of FINDING_CODES) {
      const { remedy, claim } = warning(code, 'a', 'b')
      expect([code, remedy]).toEqual([code, expect.stringMatching(/^[A-Z].*\.$/)])
      expect(claim).toMatch(/^[a-zA-Z][a-zA-Z0-9]*$/)
    }
  })
})
