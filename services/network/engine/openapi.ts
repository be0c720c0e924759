/** Routes whose request takes `cache_salt`, as vLLM's description of itself says it. */
const SALTED = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1/embeddings',
  '/v1/score',
  '/v1/rerank',
  '/v1/pooling',
  '/v1/classify'
]

const SALTED_REQUEST = { type: 'object', properties: { cache_salt: { type: 'string' } } }

/** GET /openapi.json, as far as a host reads it. */
export const OPENAPI: object = {
  openapi: '3.1.0',
  info: { title: 'FastAPI', version: '0.1.0' },
  paths: Object.fromEntries(
    SALTED.map((path) => {
      const schema = { $ref: '#/components/schemas/SaltedRequest' }
      return [path, { post: { requestBody: { content: { 'application/json': { schema } } } } }]
    })
  ),
  components: { schemas: { SaltedRequest: SALTED_REQUEST } }
}
