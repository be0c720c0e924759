import { describe, expect, it } from 'vitest'
import { AttestationError } from '../../attestation/errors.ts'
import { fuzz } from './campaign.ts'
import { unlistedServices } from './rpc-services.ts'
import { parserTargets } from './targets/index.ts'

const SEED = Number(process.env.BOMBYX_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const INPUTS = 100

describe(`a little fuzz of every parser, BOMBYX_FUZZ_SEED=${SEED}`, async () => {
  it.each(await parserTargets())(
    '$name refuses with a code of its own, soon and the same each time',
    async (target) => {
      const report = await fuzz(target, { inputs: INPUTS, seed: SEED })
      expect(report.failure).toBeUndefined()
      expect(report.inputs).toBe(INPUTS)
    }
  )
})

it('every service of proto/ is fuzzed', () => {
  expect(unlistedServices()).toEqual([])
})

describe('the fuzzer', () => {
  const limits = { seeds: [new Uint8Array(20)], codes: ['DER_MALFORMED'], weight: 1, limitMs: 40 }
  const wish = { inputs: 300, seed: 1 }

  it('finds what is thrown without a code', async () => {
    const run = (input: Uint8Array): void => {
      if (input[3] === 0xff) throw new TypeError('not thought of')
    }
    const { failure } = await fuzz({ ...limits, name: 'throws', run }, wish)
    expect(failure).toContain('not thought of')
    expect(failure).toMatch(/seed 1, path [\d:]+\ninput /)
  })

  it('finds a code that is not the target’s', async () => {
    const run = (): void => {
      throw new AttestationError('TOO_LARGE', 'refused')
    }
    expect((await fuzz({ ...limits, name: 'another code', run }, wish)).failure).toContain('TOO_LARGE is no code of')
  })

  it('finds a code that changes', async () => {
    let reading = 0
    const run = (): void => {
      if (++reading % 2 === 0) throw new AttestationError('DER_MALFORMED', 'every second time')
    }
    const { failure } = await fuzz({ ...limits, name: 'unstable', run }, wish)
    expect(failure).toContain('changed from accepted to DER_MALFORMED')
  })

  it('finds an input that takes too long', async () => {
    const run = (input: Uint8Array): void => {
      const until = performance.now() + (input.byteLength > 40 ? 12 : 0)
      while (performance.now() < until);
    }
    expect((await fuzz({ ...limits, name: 'slow', limitMs: 4, run }, { ...wish, inputs: 60 })).failure).toContain(
      'at most 4'
    )
  })

  it('finds what is kept', async () => {
    const kept: Uint8Array[] = []
    const run = (): void => void kept.push(new Uint8Array(1024 * 1024).fill(1))
    expect((await fuzz({ ...limits, name: 'keeps', run }, { ...wish, inputs: 60 })).failure).toMatch(/are held/)
  })
})
