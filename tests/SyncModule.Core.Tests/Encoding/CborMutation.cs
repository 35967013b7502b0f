namespace SyncModule.Core.Tests.Encoding;

/// <summary>Damage to encoded bytes: flips, cuts, insertions, heads that claim too much, parts put twice.</summary>
internal static class CborMutation
{
    private static readonly byte[] Heads = [0x17, 0x18, 0x1B, 0x20, 0x3B, 0x40, 0x58, 0x5B, 0x5F, 0x60, 0x7A, 0x80, 0x81, 0x9A, 0x9F, 0xA0, 0xC2, 0xF4, 0xF6, 0xF8, 0xFB, 0xFF];

    public static byte[] Mutate(Random random, byte[] data)
    {
        var bytes = new List<byte>(data);
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 2 when at < bytes.Count: bytes[at] = Heads[random.Next(Heads.Length)]; break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4: bytes.Insert(at, Heads[random.Next(Heads.Length)]); break;
                case 5: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(9)))); break;
            }
        }

        return [.. bytes];
    }
}
