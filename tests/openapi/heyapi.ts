// Uses the client that @hey-api/openapi-ts made: see story.ts.

import { closeSection, createSection, getData, getText, listSections, putData, putText } from './made';
import { client } from './made/client.gen';
import { tell, type Story } from './story';

const [, , baseUrl, token] = process.argv;
client.setConfig({ baseUrl, auth: token, throwOnError: true });

const story: Story = {
    async create(size, label) {
        const { data } = await createSection({ body: { size, label }, throwOnError: true });
        return String(data.id);
    },
    async list() {
        const { data } = await listSections({ throwOnError: true });
        return data.sections.map((section) => String(section.id));
    },
    async writeBytes(id, bytes) {
        await putData({ path: { id }, body: new Blob([bytes]), throwOnError: true });
    },
    async readBytes(id, length) {
        const { data } = await getData({ path: { id }, query: { length }, throwOnError: true });
        return new Uint8Array(await (data as Blob).arrayBuffer());
    },
    async writeText(id, text) {
        const query = { encoding: 'utf-16le', offset: 256 };
        await putText({ path: { id }, query, body: text, throwOnError: true });
    },
    async readText(id) {
        const query = { encoding: 'utf-16le', offset: 256 };
        return (await getText({ path: { id }, query, throwOnError: true })).data;
    },
    async refusal() {
        const { error } = await closeSection({ path: { id: '999999' }, throwOnError: false });
        return error?.code;
    },
};

void tell(story);
