// Uses openapi-fetch with the types that openapi-typescript made: see story.ts.

import createClient from 'openapi-fetch';

import type { paths } from './made/schema';
import { tell, type Story } from './story';

const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

// It would make JSON of any body; its types say string for what is binary.
const asItIs = (type: string) => ({
    bodySerializer: (body: unknown) => body as BodyInit,
    headers: { 'Content-Type': type },
});

function given<T>({ data, error }: { data?: T; error?: unknown }): T {
    if (error !== undefined || data === undefined) throw new Error(JSON.stringify(error));
    return data;
}

function expectDone({ error, response }: { error?: unknown; response: Response }) {
    if (response.status !== 204) throw new Error(JSON.stringify(error));
}

const story: Story = {
    async create(size, label) {
        return String(given(await client.POST('/v1/sections', { body: { size, label } })).id);
    },
    async list() {
        return given(await client.GET('/v1/sections')).sections.map(({ id }) => String(id));
    },
    async writeBytes(id, bytes) {
        const body = bytes as unknown as string;
        const options = { params: { path: { id } }, body, ...asItIs('application/octet-stream') };
        expectDone(await client.PUT('/v1/sections/{id}/data', options));
    },
    async readBytes(id, length) {
        const options = { params: { path: { id }, query: { length } }, parseAs: 'arrayBuffer' } as const;
        return new Uint8Array(given(await client.GET('/v1/sections/{id}/data', options)));
    },
    async writeText(id, text) {
        const params = { path: { id }, query: { encoding: 'utf-16le', offset: 256 } };
        const options = { params, body: text, ...asItIs('text/plain') };
        expectDone(await client.PUT('/v1/sections/{id}/text', options));
    },
    async readText(id) {
        const params = { path: { id }, query: { encoding: 'utf-16le', offset: 256 } };
        const options = { params, parseAs: 'text' } as const;
        return given(await client.GET('/v1/sections/{id}/text', options));
    },
    async refusal() {
        const params = { path: { id: '999999' } };
        return (await client.DELETE('/v1/sections/{id}', { params })).error?.code;
    },
};

void tell(story);
