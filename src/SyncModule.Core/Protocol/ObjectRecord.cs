using System.Buffers.Binary;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>
/// The head of a pack record, which is also what a DATA frame carries back to back: address 32 ‖ u32 BE length ‖ CRC-32C u32 BE over
/// address ‖ length ‖ sealed bytes. The session walks the heads and never looks at the CRC or the body: the address decides (format-1 §12).
/// </summary>
public static class ObjectRecord
{
    /// <summary>Bytes in front of the sealed object.</summary>
    public const int HeaderSize = Id32.Size + 4 + 4;

    /// <summary>The address and the sealed length of the record that starts at <paramref name="records"/>; checked to lie inside it.</summary>
    public static ObjectAddress ReadHeader(ReadOnlySpan<byte> records, out int length)
    {
        if (records.Length < HeaderSize) throw new VaultFormatException("An object record is cut.");
        uint announced = BinaryPrimitives.ReadUInt32BigEndian(records[Id32.Size..]);
        if (announced == 0 || announced > SessionLimits.MaxSealed || announced > (uint)(records.Length - HeaderSize)) throw new VaultFormatException("An object record has a wrong length.");
        length = (int)announced;
        return new(records[..Id32.Size]);
    }

    /// <summary>Adds the addresses of all records, in order, and returns their number.</summary>
    public static int Walk(ReadOnlySpan<byte> records, ICollection<ObjectAddress> addresses)
    {
        int count = 0;
        while (records.Length > 0)
        {
            addresses.Add(ReadHeader(records, out int length));
            records = records[(HeaderSize + length)..];
            count++;
        }

        return count;
    }
}
