namespace SyncModule.Engine.Storage.Tables;

/// <summary>What of a scan is left: Low &lt;= key &lt; High (null = open; <see cref="LowOpen"/> = the low end itself is out).</summary>
internal readonly record struct KeyRange(byte[]? Low, byte[]? High, bool LowOpen, bool Descending)
{
    /// <summary>The range without everything up to and including a row that was met.</summary>
    public KeyRange After(byte[] key) => Descending ? this with { High = key } : this with { Low = key, LowOpen = true };

    public bool Contains(ReadOnlySpan<byte> key)
    {
        if (High is not null && key.SequenceCompareTo(High) >= 0) return false;
        if (Low is null) return true;
        int order = key.SequenceCompareTo(Low);
        return LowOpen ? order > 0 : order >= 0;
    }
}
