import type { Meta } from '../../attestation/session/meta.ts'
import type { InferenceRoute } from './routes.ts'

/** A multipart body that meta does not contradict, and the content type to give it to the engine with. */
export type FormReading =
  | { readonly kind: 'form'; readonly contentType: string }
  | { readonly kind: 'refused'; readonly problem: string }

/** RFC 2046 §5.1.1, without the characters that would need quoting. */
const CONTENT_TYPE = /^multipart\/form-data; ?boundary="?([0-9A-Za-z'()+_,./:=?-]{1,70})"?$/i
/** What pydantic takes for true in a form. */
const TRUE = /^(?:true|1|on|yes|t|y)$/i
const DECIDING = ['model', 'stream']

/** Reads a form, and never changes it: the engine gets its bytes. */
export async function readForm(
  content: Uint8Array,
  contentType: string,
  meta: Meta,
  route: InferenceRoute
): Promise<FormReading> {
  const boundary = CONTENT_TYPE.exec(contentType)?.[1]
  const form = boundary === undefined ? undefined : await parseForm(content, boundary)
  if (form === undefined) return refused('the body is not a multipart form')
  const problem = contradiction(form, meta, route)
  return problem === undefined ? { kind: 'form', contentType: typeOf(boundary ?? '') } : refused(problem)
}

function contradiction(form: FormData, meta: Meta, route: InferenceRoute): string | undefined {
  const twice = [...DECIDING, ...route.limits].find((name) => form.getAll(name).length > 1)
  if (twice !== undefined) return `${twice}: this field stands twice in the form`
  if ((form.get('model') ?? meta.model) !== meta.model) return `model: this request was sealed for ${meta.model}`
  const stream = TRUE.test(String(form.get('stream') ?? ''))
  if (stream !== meta.stream) return `stream: this request was sealed with stream ${meta.stream}`
  if (meta.outputLimit === 0) return undefined
  const within = route.limits.some((name) => form.has(name) && Number(form.get(name)) <= meta.outputLimit)
  return within ? undefined : `${route.limits.join()}: this request was sealed for at most ${meta.outputLimit} tokens`
}

async function parseForm(content: Uint8Array, boundary: string): Promise<FormData | undefined> {
  try {
    const headers = { 'content-type': typeOf(boundary) }
    return await new Response(content as Uint8Array<ArrayBuffer>, { headers }).formData()
  } catch {
    return undefined
  }
}

function typeOf(boundary: string): string {
  return `multipart/form-data; boundary="${boundary}"`
}

function refused(problem: string): FormReading {
  return { kind: 'refused', problem }
}
