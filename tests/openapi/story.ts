// What a client made from our OpenAPI document must be able to do; each kind of client does it in its
// own words. Prints the section's number, which stays, for others to look at.

import assert from 'node:assert/strict';

export interface Story {
    create(size: number, label: string): Promise<string>;
    list(): Promise<string[]>;
    writeBytes(id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
    readBytes(id: string, length: number): Promise<Uint8Array>;
    writeText(id: string, text: string): Promise<void>;
    readText(id: string): Promise<string>;
    /** The code of the problem that closing a section that is not there gives. */
    refusal(): Promise<string | undefined>;
}

const TEXT = 'Grüße, 世界, 🧵 "quoted"\n';

export async function tell(story: Story) {
    const id = await story.create(4096, 'of a client');
    assert.ok((await story.list()).includes(id), 'the list has it');

    const bytes = Uint8Array.from({ length: 256 }, (_, index) => 255 - index);
    await story.writeBytes(id, bytes);
    assert.deepEqual([...(await story.readBytes(id, 256))], [...bytes]);

    await story.writeText(id, TEXT);
    assert.equal(await story.readText(id), TEXT);

    assert.equal(await story.refusal(), 'not_found');
    console.log(id);
}
