using SyncModule.Core.Model;

namespace SyncModule.Engine.Files;

internal enum ImportOutcome
{
    Put,

    /// <summary>The vault has this version already; only the base was noted.</summary>
    Known,

    /// <summary>Nothing says which version the file was made from: its history has to be looked at first.</summary>
    Contested,

    /// <summary>It equals a version that was deleted since.</summary>
    KnownDeleted,
}

/// <summary>One file on its way through the import. Filled in stage by stage; only one stage has it at a time.</summary>
internal sealed class ImportedFile(ScannedFile source, ImportBase? known, FileVersion version, FileStamp stamp)
{
    public ScannedFile Source { get; } = source;

    /// <summary>What it was at the last import or export; null when it is new here.</summary>
    public ImportBase? Known { get; } = known;

    public FileVersion Version { get; } = version;

    public FileStamp Stamp { get; } = stamp;

    public ItemValue? Value { get; set; }

    public ImportOutcome Outcome { get; set; }

    /// <summary>The operations that hold this version, once they are durable.</summary>
    public IReadOnlyList<Dot> Dots { get; set; } = [];
}

internal enum ImportStepKind
{
    /// <summary>A chunk of the file that is being read.</summary>
    Chunk,

    /// <summary>The file is complete; the bytes, if any, are the whole of a small one.</summary>
    End,

    /// <summary>The file changed while it was read: its chunks so far are no file.</summary>
    Abandon,
}

/// <summary>One step of the sealing stage, with its bytes in the batch; a chunk with its dedup tag.</summary>
internal readonly record struct ImportStep(ImportStepKind Kind, int Offset, int Length, ImportedFile? File, Id32 Tag = default);

/// <summary>The unit between reading and sealing: plain bytes of many small files or of a part of a large one.</summary>
internal sealed class ImportBatch
{
    public const int Size = 4 << 20;

    /// <summary>Steps after which a batch is passed on though it has room: many empty files.</summary>
    public const int MaxSteps = 8192;

    public byte[] Buffer { get; } = new byte[Size];

    public int Filled { get; set; }

    public List<ImportStep> Steps { get; } = [];

    public void Clear()
    {
        Filled = 0;
        Steps.Clear();
    }
}

/// <summary>The unit between sealing and writing: whole pack records, and the files that are complete with them.</summary>
internal sealed class SealedBatch(byte[] buffer)
{
    public const int Size = 4 << 20;
    public const int MaxObjects = 4096;

    public byte[] Buffer { get; } = buffer;

    public int Length { get; set; }

    /// <summary>In the order of their records.</summary>
    public List<(Id32 Tag, ObjectReference Reference, int SealedLength)> Objects { get; } = [];

    public List<ImportedFile> Files { get; } = [];

    public long NewBytes { get; set; }
}
