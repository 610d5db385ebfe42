const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The five entities of XML and numbers; undefined for any other. */
export function unescape(text: string): string | undefined {
  if (!text.includes('&')) return text;
  const unknown: string[] = [];
  const plain = text.replace(
    /&(?:#(\d{1,7});|#x([0-9a-fA-F]{1,6});|(\w{1,8});)?/g,
    (all, decimal, hex, name) => {
      const code =
        decimal !== undefined ? Number(decimal) : hex !== undefined ? parseInt(String(hex), 16) : -1;
      if (code >= 0 && code <= 0x10ffff) return String.fromCodePoint(code);
      const character = Object.hasOwn(entities, String(name)) ? entities[String(name)] : undefined;
      if (character === undefined) unknown.push(all);
      return character ?? '';
    },
  );
  return unknown.length === 0 ? plain : undefined;
}

/** Text that stands for itself between tags and in quotes. */
export function escape(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
