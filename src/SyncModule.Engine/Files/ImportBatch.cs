using System.Runtime.InteropServices;
using SyncModule.Core.Model;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Vaults;

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

    /// <summary>So many versions of the item compete that no further one can be added.</summary>
    Refused,
}

/// <summary>One file on its way through the import. Filled in stage by stage; only one stage has it at a time.</summary>
internal sealed class ImportedFile(ScannedFile source, ImportBase? known, FileVersion version, FileStamp stamp)
{
    public ScannedFile Source { get; } = source;

    /// <summary>What it was at the last import or export; null when it is new here.</summary>
    public ImportBase? Known { get; } = known;

    /// <summary>A file's content stands in it once it is sealed.</summary>
    public FileVersion Version { get; set; } = version;

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

    /// <summary>The same of a small file whose bytes are not hashed yet: many together are hashed faster.</summary>
    Small,

    /// <summary>The file changed while it was read: its chunks so far are no file.</summary>
    Abandon,
}

/// <summary>One step of the sealing stage, with its bytes in the batch.</summary>
internal readonly record struct ImportStep(ImportStepKind Kind, int Offset, int Length, ImportedFile? File);

/// <summary>The unit between reading and sealing: plain bytes of many small files or of a part of a large one.</summary>
internal sealed class ImportBatch(Block block)
{
    public const int Size = 4 << 20;

    /// <summary>Steps after which a batch is passed on though it has room: many empty files.</summary>
    public const int MaxSteps = 8192;

    /// <summary>Small files after which it is passed on: about one commit, so that the next stages have something to do.</summary>
    public const int MaxSmall = 1024;

    private readonly List<LaneMessage> _chunks = [];

    /// <summary>Belongs to this batch alone.</summary>
    public Block Block { get; } = block;

    public Span<byte> Bytes => Block.GetSpan();

    public int Filled { get; set; }

    public List<ImportStep> Steps { get; } = [];

    /// <summary>Steps that are <see cref="ImportStepKind.Small"/>.</summary>
    public int Small { get; private set; }

    /// <summary>Of the chunks, in the order of their steps; empty until a stage had time for them.</summary>
    public List<DedupTag> Tags { get; } = [];

    /// <summary>Adds the next <paramref name="length"/> bytes as a file that is whole.</summary>
    public void AddSmall(ImportedFile file, int length)
    {
        Steps.Add(new(ImportStepKind.Small, Filled, length, file));
        Filled += length;
        Small++;
    }

    /// <summary>Names the chunks for the dedup map: a pass over all bytes, taken by whichever of the two stages is ahead.</summary>
    public void Tag(DedupTagger tagger)
    {
        if (Tags.Count > 0) return;
        _chunks.Clear();
        foreach (var step in Steps)
        {
            if (step.Kind == ImportStepKind.Chunk) _chunks.Add(new(step.Offset, step.Length));
        }

        tagger.Of(ObjectKind.Chunk, Bytes, CollectionsMarshal.AsSpan(_chunks), Tags);
    }

    public void Clear()
    {
        Filled = Small = 0;
        Steps.Clear();
        Tags.Clear();
    }
}

/// <summary>One object of a <see cref="SealedBatch"/>; <see cref="Reference"/> is whole once the batch is.</summary>
internal readonly record struct SealedObject(Id32 Tag, ObjectReference Reference, int Offset, int Length);

/// <summary>The unit between sealing and writing: whole pack records, and the files that are complete with them.</summary>
internal sealed class SealedBatch(Block block)
{
    public const int Size = 4 << 20;
    public const int MaxObjects = 4096;

    /// <summary>Where records end; what follows is room for padding.</summary>
    public const int End = Size - PackWriter.BlockRoom;

    /// <summary>The writer and each session that sends it hold it.</summary>
    public Block Block { get; } = block;

    public int Length { get; set; }

    /// <summary>In the order of their records.</summary>
    public List<SealedObject> Objects { get; } = [];

    public List<ImportedFile> Files { get; } = [];

    public long NewBytes { get; set; }
}
