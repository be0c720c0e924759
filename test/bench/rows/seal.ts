import { AnswerOpener, AnswerSealer } from '../../../attestation/session/response.ts'
import { compare } from '../compare.ts'
import { asyncTarget, target } from '../micro.ts'
import { ehbpSealAndOpen } from '../rivals/ehbp.ts'
import { hpkeCoreSealAndOpen } from '../rivals/hpke-core.ts'
import { rawSealAndOpen } from '../rivals/raw-primitives.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const SIZE = 256

export const sealRow: Row = {
  name: 'seal',
  title: 'Seal and open a chunk of 256 B, over the raw library call',
  async run({ quick, random, progress }) {
    const plaintext = new Uint8Array(SIZE).fill(0x61)
    const calls = quick ? 2_000 : 20_000
    const slow = calls / 10
    const targets = [
      target('bombyx', calls, sealAndOpen(plaintext)),
      target('libsodium', calls, rawSealAndOpen(plaintext)),
      target('libsodium again', calls, rawSealAndOpen(plaintext)),
      asyncTarget('ehbp', slow, await ehbpSealAndOpen(plaintext)),
      asyncTarget('@hpke/core', slow, await hpkeCoreSealAndOpen(plaintext))
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 31, warmup: 2, random, progress })
    const common = { by: 'cpu', beside: 'wall', control: 'libsodium again', as: 'time' } as const
    return {
      results: [
        compare(rounds, {
          ...common,
          label: 'seal + open 256 B',
          ours: 'bombyx',
          rival: 'libsodium',
          ask: { atMost: 1.5 }
        }),
        compare(rounds, { ...common, label: '… of ehbp', ours: 'ehbp', rival: 'libsodium' }),
        compare(rounds, { ...common, label: '… of @hpke/core', ours: '@hpke/core', rival: 'libsodium' })
      ],
      notes: ['There is no WASM build of the AEAD here, so the second limit (≤ 3 × WASM) has nothing to measure.']
    }
  }
}

/** The classes that a host seals answers with and a client opens them with, over keys that both derive. */
function sealAndOpen(plaintext: Uint8Array): () => void {
  const bytes = (fill: number) => new Uint8Array(32).fill(fill)
  const binding = { thm: bytes(1), salt: bytes(2), digest: bytes(3), requestHash: bytes(4) }
  const sealer = new AnswerSealer(bytes(5), binding)
  const opener = new AnswerOpener(bytes(5), binding, () => {})
  return () => {
    for (const { sealed, final } of sealer.seal(plaintext, false)) opener.open(sealed, final)
  }
}
