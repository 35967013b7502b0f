using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>Questions and answers of the comparison of object sets.</summary>
public enum RangeStep
{
    AskDigests = 0,
    Digests = 1,
    AskPage = 2,
    Page = 3,
}

/// <summary>
/// [0] asks for, [1, [digest × 256]] gives one digest per first byte of an address; [2, first, after | null] asks for, [3, first,
/// [addresses ascending], more] gives a page of one range. Only ranges whose digests differ are listed.
/// </summary>
public sealed record RangeMessage(RangeStep Step, byte First, ObjectAddress? After, IReadOnlyList<Id32> Ids, bool More)
{
    /// <summary>One range for each first byte.</summary>
    public const int Ranges = 256;

    public byte[] Encode()
    {
        var writer = new CborWriter(32 + (Ids.Count * 34));
        writer.WriteArray(Step switch { RangeStep.AskDigests => 1, RangeStep.Digests => 2, RangeStep.AskPage => 3, _ => 4 });
        writer.WriteUInt((ulong)Step);
        if (Step is RangeStep.AskPage or RangeStep.Page) writer.WriteUInt(First);
        if (Step == RangeStep.AskPage) IdList.WriteOptional(writer, After);
        if (Step is RangeStep.Digests or RangeStep.Page) IdList.Write(writer, Ids);
        if (Step == RangeStep.Page) writer.WriteUInt(More ? 1UL : 0);
        return writer.ToArray();
    }

    public static RangeMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        int count = reader.ReadArray(4);
        var step = (RangeStep)reader.ReadUInt((ulong)RangeStep.Page);
        var message = (step, count) switch
        {
            (RangeStep.AskDigests, 1) => new RangeMessage(step, 0, null, [], false),
            (RangeStep.Digests, 2) => new(step, 0, null, IdList.Read(ref reader, Ranges), false),
            (RangeStep.AskPage, 3) => new(step, (byte)reader.ReadUInt(255), IdList.ReadOptional(ref reader), [], false),
            (RangeStep.Page, 4) => new(step, (byte)reader.ReadUInt(255), null, IdList.ReadSorted(ref reader, SessionLimits.RangePage), reader.ReadUInt(1) == 1),
            _ => throw new VaultFormatException("A RANGE has an unknown form."),
        };
        reader.Finish();
        if (step == RangeStep.Digests && message.Ids.Count != Ranges) throw new VaultFormatException("A digest of a range is missing.");
        if (step == RangeStep.Page && message.More && message.Ids.Count == 0) throw new VaultFormatException("An empty page promises more.");
        return message;
    }
}
