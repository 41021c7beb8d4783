import fc from "fast-check";
import { labelValue } from "../../components/labels";
import { serverName } from "../../components/serverName";

const stack = fc.stringMatching(/^[A-Za-z0-9_.-]{1,100}$/);
const machine = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
const suffix = fc.stringMatching(/^[0-9a-f]{4,8}$/);

test("a server's name is always a legal host name", () => {
  fc.assert(
    fc.property(stack, machine, suffix, (s, m, x) => {
      expect(serverName(s, m, x)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
  );
});

test("two servers of one machine never share a name", () => {
  fc.assert(
    fc.property(stack, machine, suffix, suffix, (s, m, a, b) => {
      fc.pre(a !== b);
      expect(serverName(s, m, a)).not.toBe(serverName(s, m, b));
    }),
  );
});

test("any stack's name makes a label that Hetzner takes", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 120 }), (text) => {
      expect(labelValue(text)).toMatch(/^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/);
    }),
  );
});
